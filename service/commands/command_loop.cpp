#include "service/commands/command_loop.hpp"

#include "persistence/ids.hpp"
#include "persistence/lifecycle/place.hpp"
#include "persistence/log.hpp"
#include "persistence/system_environment.hpp"
#include "service/admin/remote_database.hpp"
#include "service/admin/serving_note.hpp"
#include "service/commands/commands.hpp"
#include "service/keys.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <system_error>

namespace rejoinder::service::commands {

using persistence::errc;

namespace {

std::string what_to_do(error_code error) {
    if (error == errc::corrupt)
        return "the store is damaged; `rejoinder database validate` finds where, a backup restores it";
    if (error == errc::unavailable)
        return "see the log above; free space or mend permissions, and do it again";
    if (error == errc::unknown_outcome) return "do it again: it goes on where it was";
    if (error == errc::conflict) return "somebody else writes to the store; end that, and do it again";
    if (error == errc::unsupported) return "this kind of database can't do it";
    return "see the log above, and do it again";
}

} // namespace

command_loop::command_loop() : environment_(make_system_environment(context_)) {}

command_loop::~command_loop() {
    log::shutdown();
}

void command_loop::spawn_and_run(task<> work) {
    std::exception_ptr failure;
    {
        task_group tasks(environment_->get_executor(),
                         [&failure](std::exception_ptr error) { failure = error; });
        tasks.spawn(std::move(work));
        context_.restart();
        // A connection to a server goes on beyond the task.
        while (tasks.running() > 0 && context_.run_one() > 0) {
        }
    }
    if (failure) std::rethrow_exception(failure);
}

std::optional<config> load_command_keys(const database_command& command) {
    config_values flags;
    if (command.database) flags["database"] = *command.database;
    if (command.record) flags["record"] = *command.record;
    try {
        return load_config(command.config_file, process_environment(), flags);
    } catch (const config_error& wrong) {
        complain(wrong.what());
        return std::nullopt;
    }
}

std::optional<config> load_command_config(const database_command& command) {
    auto values = load_command_keys(command);
    if (!values || values->database != "memory:") return values;
    complain("database: memory: is gone with the process that had it; name one with --database, as "
             "sqlite:PATH, file:DIR or postgresql://USER@HOST/DATABASE");
    return std::nullopt;
}

std::optional<persistence::database_options> find_store(const config& values, const std::string& url,
                                                        wanted_store what) {
    auto where = persistence::parse_database_url(url);
    if (!where) {
        complain("database: '" + url.substr(0, url.find(':')) +
                 "' names no database; write sqlite:PATH, file:DIR or postgresql://USER@HOST/DATABASE");
        return std::nullopt;
    }
    if (where->type == persistence::database_type::memory) {
        complain("database: memory: is gone with the process that has it; write sqlite:PATH, file:DIR or "
                 "postgresql://USER@HOST/DATABASE");
        return std::nullopt;
    }
    if (what == wanted_store::existing && !persistence::lifecycle::stands(*where)) {
        complain("database: there is none at " + name_of(*where) + "; look at its name");
        return std::nullopt;
    }
    try {
        where->keys = load_keys(values);
        where->compresses = values.compresses_files;
    } catch (const config_error& wrong) {
        complain(wrong.what());
        return std::nullopt;
    }
    return *where;
}

std::optional<persistence::database_options> find_command_store(const database_command& command) {
    auto values = load_command_config(command);
    if (!values) return std::nullopt;
    return find_store(*values, values->database, wanted_store::existing);
}

result<std::unique_ptr<persistence::database>>
open_as_it_is(command_loop& loop, const persistence::database_options& where, std::string& why) {
    if (where.keys && persistence::lifecycle::stands(where)) {
        auto unencrypted = where;
        unencrypted.keys = nullptr;
        auto opened = persistence::open_database(loop.env(), unencrypted, why);
        if (opened || opened.error() != errc::missing_key) return opened;
        why.clear();
    }
    return persistence::open_database(loop.env(), where, why);
}

namespace {

/// The store of a running server, which its note lets use. Where there is none, `why` stays what it is: a
/// note that a killed server has left says nothing about who has the store now.
result<std::unique_ptr<persistence::database>>
open_beside(command_loop& loop, const persistence::database_options& where, std::string& why) {
    auto place = admin::read_serving_note(where);
    if (!place) return errc::unavailable;
    std::string refusal;
    auto opened = loop.run(admin::open_remote(&loop.env(), std::move(*place), &refusal));
    if (!refusal.empty()) why = "the server that has " + name_of(where) + " open can't be asked: " + refusal;
    return opened;
}

/// A copy of what a server's store holds at one moment.
std::optional<command_store> open_still(command_loop& loop, persistence::database& served,
                                        persistence::database_options where) {
    auto place = persistence::lifecycle::former_place(where, "still-" + make_ulid(loop.env()));
    if (auto error = loop.run(served.back_up(place))) {
        fail("the running server could not copy its store to " + place, error);
        return std::nullopt;
    }
    where.location = place;
    auto opened = open_store(loop, where);
    if (opened) opened->remove_at_end();
    return opened;
}

} // namespace

std::optional<borrowed> command_store::release() {
    if (database_) loop_->run(database_->close());
    database_.reset();
    return std::exchange(from_, std::nullopt);
}

command_store::~command_store() {
    if (!database_) return;
    loop_->run(database_->close());
    database_.reset();
    if (!removed_at_end_) return;
    try {
        persistence::lifecycle::remove_files(where_);
    } catch (const std::system_error& failure) {
        complain("the copy " + name_of(where_) + " could not be removed (" + failure.code().message() +
                 "); remove it");
    }
}

borrowed::~borrowed() {
    if (held_) loop_->run(held_->give_back());
}

namespace {

/// Has the server that holds a store give it up, if there is one that can be asked; `why` then says why it
/// does not.
std::optional<borrowed> borrow_store(command_loop& loop, const persistence::database_options& where,
                                     std::string& why) {
    auto place = admin::read_serving_note(where);
    if (!place) return std::nullopt;
    complain("the server that has " + name_of(where) +
             " open sends its clients away meanwhile, and goes on when this is done");
    std::string refusal;
    auto lent = loop.run(admin::borrow(&loop.env(), std::move(*place), &refusal));
    if (lent) return borrowed(loop, std::move(*lent));
    if (!refusal.empty()) why = "the server that has " + name_of(where) + " open keeps it: " + refusal;
    return std::nullopt;
}

result<std::unique_ptr<persistence::database>> open_here(command_loop& loop,
                                                         const persistence::database_options& where,
                                                         without_keys unencrypted, std::string& why) {
    if (unencrypted == without_keys::begins_to_encrypt)
        return persistence::open_database(loop.env(), where, why);
    return open_as_it_is(loop, where, why);
}

} // namespace

result<std::unique_ptr<persistence::database>> open_alone(command_loop& loop,
                                                          const persistence::database_options& where,
                                                          without_keys unencrypted,
                                                          std::optional<borrowed>& from, std::string& why) {
    auto opened = open_here(loop, where, unencrypted, why);
    if (opened || opened.error() != errc::unavailable) return opened;
    from = borrow_store(loop, where, why);
    if (from) opened = open_here(loop, where, unencrypted, why);
    return opened;
}

std::optional<command_store> open_store(command_loop& loop, const persistence::database_options& where,
                                        beside_server how, without_keys unencrypted) {
    std::string why;
    std::optional<borrowed> from;
    auto opened = how == beside_server::alone ? open_alone(loop, where, unencrypted, from, why)
                                              : open_here(loop, where, unencrypted, why);
    bool held = !opened && opened.error() == errc::unavailable;
    if (held && (how == beside_server::shared || how == beside_server::still)) {
        auto served = open_beside(loop, where, why);
        if (served && how == beside_server::shared) return command_store(loop, std::move(*served), where);
        if (served) {
            command_store store(loop, std::move(*served), where);
            return open_still(loop, *store, where);
        }
    }
    if (opened) return command_store(loop, std::move(*opened), where, std::move(from));
    complain(why.empty() ? opened.error().message() : why);
    return std::nullopt;
}

std::optional<command_store> open_store(command_loop& loop, const database_command& command,
                                        beside_server how) {
    auto where = find_command_store(command);
    if (!where) return std::nullopt;
    return open_store(loop, *where, how);
}

bool keep_former_state(command_loop& loop, const command_store& of, const std::string& command) {
    auto place = persistence::lifecycle::former_place(of.where(), command + "-" + make_ulid(loop.env()));
    auto error = loop.run(of->back_up(place));
    if (!error || error == errc::unsupported) return true;
    fail(command + ": the store could not be copied to " + place + " first", error);
    return false;
}

int fail(const std::string& doing, error_code error) {
    complain(doing + ": " + error.message() + "; " + what_to_do(error));
    return 1;
}

bool is_agreed(const database_command& command, const std::string& question) {
    if (command.yes) return true;
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
        complain(question + " Say --yes to agree, or --dry-run to see what would be done");
        return false;
    }
    std::fprintf(stderr, "%s [y/N] ", question.c_str());
    std::array<char, 16> answer{};
    bool answered = std::fgets(answer.data(), answer.size(), stdin) != nullptr;
    if (answered && (answer[0] == 'y' || answer[0] == 'Y')) return true;
    complain("nothing was changed");
    return false;
}

} // namespace rejoinder::service::commands
