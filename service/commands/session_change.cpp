// The commands that make a session of another, or begin one anew: fork and reset. To erase one is
// database_erase.cpp's.

#include "persistence/ids.hpp"
#include "persistence/stores/due_sessions.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/commands/session_failure.hpp"
#include "service/machine_catalog.hpp"
#include "service/session_fork.hpp"
#include "service/session_reset.hpp"

#include <utility>
#include <vector>

namespace rejoinder::service::commands {
namespace {

using persistence::errc;
using persistence::session_row;

task<error_code> create(environment* env, persistence::database* in, session_row row) {
    persistence::change_set changes;
    changes.now = env->utc_now();
    if (auto due = persistence::due_in(row.metadata))
        changes.writes.push_back(persistence::due_sessions(*in).note(row.id, *due));
    changes.session.emplace().row = std::move(row);
    auto committing = in->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    co_return outcome.error;
}

/// The session that a command names; one that has expired is none.
result<session_row> load(command_loop& loop, persistence::database& from, const std::string& id) {
    auto row = loop.run(from.read_session(session_id{id}));
    if (row && row->expires <= loop.env().utc_now()) return errc::not_found;
    return row;
}

/// An opened store, and the configuration that named it.
struct work_place {
    config values;
    command_store store;
};

std::optional<work_place> open(command_loop& loop, const database_command& command) {
    auto values = load_command_config(command);
    if (!values) return std::nullopt;
    auto where = find_store(*values, values->database, wanted_store::existing);
    if (!where) return std::nullopt;
    auto store = open_store(loop, *where, beside_server::shared);
    if (!store) return std::nullopt;
    return work_place{std::move(*values), std::move(*store)};
}

} // namespace

int session_fork(const database_command& command) {
    command_loop loop;
    auto place = open(loop, command);
    if (!place) return 1;
    auto row = load(loop, *place->store, command.session);
    if (!row) return fail_session("fork", command.session, row.error());
    if (row->closed) {
        complain("fork: " + command.session + " has ended; `rejoinder session reset` begins it anew");
        return 1;
    }
    session_id made{make_ulid(loop.env())};
    auto head = row->head;
    auto fork = fork_of(std::move(*row), made, loop.env().utc_now(), place->values.limits.session_life);
    auto error = loop.run(create(&loop.env(), place->store.get(), std::move(fork)));
    if (error) return fail("fork", error);
    if (command.json)
        print_json({{"session", made.text}, {"of", command.session}, {"head", head}});
    else
        print_text(made.text + "\n");
    return 0;
}

int session_reset(const database_command& command) {
    command_loop loop;
    auto place = open(loop, command);
    if (!place) return 1;
    auto row = load(loop, *place->store, command.session);
    if (!row) return fail_session("reset", command.session, row.error());
    std::vector<std::string> problems;
    auto machines = load_machines(command.machines.value_or(place->values.machines), problems);
    const auto* machine = machines.find(row->machine);
    if (!machine) {
        for (const auto& problem : problems)
            complain(problem);
        complain("reset: its machine " + row->machine + " is not here; name its folder with --machines");
        return 1;
    }
    auto what = command.session + " of the account " + row->account.text;
    if (command.dry_run) {
        print_text(what + " would begin " + row->machine + " anew; " + counted(row->head, "event") +
                   " would leave its log\n");
        return 0;
    }
    auto question = what + " will begin " + row->machine + " anew, and its state and its log will be gone.";
    if (!is_agreed(command, question)) return 1;
    auto limits = place->values.limits;
    limits.node.clear(); // whoever is asked for it next owns it
    auto resets = row->resets + 1;
    auto error = loop.run(reset_session(&loop.env(), place->store.get(), &limits, machine, std::move(*row)));
    if (error) return fail("reset", error);
    if (command.json)
        print_json({{"session", command.session}, {"resets", resets}});
    else
        print_text(command.session + " has begun anew\n");
    return 0;
}

} // namespace rejoinder::service::commands
