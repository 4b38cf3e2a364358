// Writes to the database whose URL it is given until it is killed: eight writers, each with a session and two
// records of its own that one change set moves on together. What was reported as committed is printed, one
// line `WRITER NUMBER` each. Meanwhile the store is compacted again and again (`compact`), or copied into a
// folder that is named (`back_up FOLDER`), if that is wanted.

#include "persistence/database.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/pass_time.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace rejoinder;
using namespace rejoinder::persistence;

namespace {

record_write put(const std::string& key, const std::string& value) {
    record_write write;
    write.id.type = "counter";
    write.id.key = key;
    write.value = value;
    return write;
}

void print(const std::string& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
}

/// The session as it stands, or one that begins. What is `unavailable` may stand all the same: a writer that
/// began anew for that would be refused by what it wrote itself when it was another process.
task<session_row> load_sooner_or_later(environment& env, database& db, std::string name) {
    for (;;) {
        auto loading = db.read_session({name});
        auto found = co_await std::move(loading);
        if (found) co_return *found;
        if (found.error() == errc::not_found) break;
        if (found.error() != errc::unavailable)
            throw std::runtime_error("session " + name + ": " + found.error().message());
        auto passing = tests::pass_time(&env, milliseconds(10));
        co_await std::move(passing);
    }
    session_row row;
    row.id = {name};
    co_return row;
}

/// Nothing was written of what is `unavailable`: it may be tried again as it is.
task<commit_outcome> commit_sooner_or_later(environment& env, database& db, change_set changes) {
    for (;;) {
        auto committing = db.commit(changes);
        auto outcome = co_await std::move(committing);
        if (outcome.error != errc::unavailable) co_return outcome;
        auto passing = tests::pass_time(&env, milliseconds(10));
        co_await std::move(passing);
    }
}

task<> write_for_ever(environment& env, database& db, std::string name) {
    auto row = co_await load_sooner_or_later(env, db, name);
    row.expires = from_unix(4102444800000);

    for (;;) {
        change_set changes;
        changes.now = env.utc_now();
        changes.session.emplace();
        auto& change = *changes.session;
        if (row.revision.value > 0) change.expected = session_fence{row.owner_generation, row.revision};
        auto number = std::to_string(++row.head);
        row.state = number;
        change.row = row;
        change.append.emplace();
        change.append->first = change.append->last = row.head;
        change.append->turn = {"t" + number};
        change.append->events = "[" + number + "]";
        changes.writes = {put(name + "-a", number), put(name + "-b", number)};

        auto outcome = co_await commit_sooner_or_later(env, db, std::move(changes));
        if (!outcome.committed())
            throw std::runtime_error("session " + name + ": " + outcome.error.message() +
                                     "; it goes on from " + std::to_string(row.revision.value) + ", and " +
                                     std::to_string(outcome.current.value) + " stands");
        row.key = outcome.session;
        row.revision = row.revision.next();
        std::string line = name;
        print(line.append(" ").append(number).append("\n"));
    }
}

task<> compact_for_ever(database& db) {
    for (;;) {
        auto compacting = db.compact();
        if (auto problem = co_await std::move(compacting))
            throw std::runtime_error("compact: " + problem.message());
    }
}

task<> back_up_for_ever(database& db, std::string folder) {
    for (int number = 0;; ++number) {
        auto copying = db.back_up(folder + "/copy-" + std::to_string(number));
        if (auto problem = co_await std::move(copying)) throw std::runtime_error(problem.message());
    }
}

[[noreturn]] void give_up(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& why) {
        std::fprintf(stderr, "the writer gives up: %s\n", why.what());
    }
    std::_Exit(1);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::string_view upkeep = argc > 2 ? argv[2] : "";
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    auto options = parse_database_url(argv[1]);
    if (!options) return 2;
    std::string why;
    auto db = open_database(*env, *options, why);
    if (!db) {
        std::fprintf(stderr, "%s\n", why.c_str());
        return 1;
    }
    task_group tasks(env->get_executor(), [](const std::exception_ptr& error) { give_up(error); });
    for (int writer = 0; writer < 8; ++writer)
        tasks.spawn(write_for_ever(*env, **db, std::to_string(writer)));
    if (upkeep == "compact") tasks.spawn(compact_for_ever(**db));
    if (upkeep == "back_up" && argc > 3) tasks.spawn(back_up_for_ever(**db, argv[3]));
    context.run();
}
