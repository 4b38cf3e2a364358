#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/progress.hpp"
#include "persistence/task_group.hpp"
#include "service/admin/loan.hpp"
#include "service/commands/database.hpp"
#include "service/config.hpp"
#include "service/progress_bar.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace rejoinder::service::commands {

/// Where a command's tasks run: one thread, the caller's, which waits for each of them. Blocks.
class command_loop {
public:
    command_loop();
    command_loop(const command_loop&) = delete;
    command_loop& operator=(const command_loop&) = delete;
    ~command_loop(); ///< what was logged is written out

    environment& env() noexcept { return *environment_; }

    /// Runs a task to its end; what it throws is thrown here.
    template <class T>
    T run(task<T> work) {
        std::optional<T> value;
        spawn_and_run(keep(std::move(work), &value));
        if (!value) throw std::logic_error("a command's task has ended without an answer");
        return std::move(*value);
    }
    void run(task<> work) { spawn_and_run(std::move(work)); }

    /// Runs the task that `start` makes for a listener, with a bar on the terminal meanwhile.
    template <class Start>
    auto watch(const std::string& doing, Start start) {
        progress_bar bar(doing);
        persistence::lifecycle::on_progress listener = [&bar](persistence::lifecycle::progress now) {
            if (now.done % shown_every == 0 || now.done == now.total) bar.show(now.done, now.total);
        };
        return run(start(listener));
    }

private:
    /// Between two pictures of a bar; a terminal takes longer for one than a store for a record.
    static constexpr std::uint64_t shown_every = 256;

    template <class T>
    static task<> keep(task<T> work, std::optional<T>* into) {
        *into = co_await std::move(work);
    }
    void spawn_and_run(task<> work);

    boost::asio::io_context context_{1};
    std::unique_ptr<environment> environment_;
};

/// A store that a server has given up for a command; given back with this.
class borrowed {
public:
    borrowed(command_loop& loop, std::unique_ptr<admin::loan> held) : loop_(&loop), held_(std::move(held)) {}
    borrowed(borrowed&&) = default;
    borrowed& operator=(borrowed&& other) noexcept {
        std::swap(loop_, other.loop_);
        std::swap(held_, other.held_);
        return *this;
    }
    ~borrowed();

private:
    command_loop* loop_;
    std::unique_ptr<admin::loan> held_;
};

/// A database while a command works on it; closed with its owner.
class command_store {
public:
    command_store(command_loop& loop, std::unique_ptr<persistence::database> opened,
                  persistence::database_options where, std::optional<borrowed> from = std::nullopt)
        : loop_(&loop), from_(std::move(from)), database_(std::move(opened)), where_(std::move(where)) {}
    command_store(command_store&&) = default;
    command_store& operator=(command_store&&) = delete;
    ~command_store();

    /// Closes it; a server that lent it does not have it back before what is returned goes.
    std::optional<borrowed> release();

    /// It is a copy that was made for the command, and goes with it.
    void remove_at_end() noexcept { removed_at_end_ = true; }

    persistence::database& operator*() const noexcept { return *database_; }
    persistence::database* operator->() const noexcept { return database_.get(); }
    persistence::database* get() const noexcept { return database_.get(); }
    const persistence::database_options& where() const noexcept { return where_; }

private:
    command_loop* loop_;
    std::optional<borrowed> from_; ///< goes when the database is closed
    std::unique_ptr<persistence::database> database_;
    persistence::database_options where_;
    bool removed_at_end_ = false;
};

/// How a command stands to a server that has the store open.
enum class beside_server {
    never,  ///< the store is one that no server uses
    shared, ///< it uses the store through the server, while sessions go on
    still,  ///< it wants a picture of one moment: a copy that the server makes, removed at the end
    alone   ///< it wants the store for itself: the server's sessions end, and come back afterwards
};

/// What becomes of a store that is not encrypted where there are keys.
enum class without_keys { stays_so, begins_to_encrypt };

/// Whether a command works on what is there, or may begin a new store.
enum class wanted_store { existing, existing_or_new };

/// The configuration that the command is given, with its database; complains and answers nothing when that is
/// none that outlives the command.
std::optional<config> load_command_config(const database_command& command);

/// The same for a command that is told its databases itself.
std::optional<config> load_command_keys(const database_command& command);

/// The database behind a URL, with the keys of the configuration; complains and answers nothing when it names
/// none that is kept, there is none, or there is something wrong with the keys.
std::optional<persistence::database_options> find_store(const config& values, const std::string& url,
                                                        wanted_store what);

/// The store that the command's configuration names, if it is there.
std::optional<persistence::database_options> find_command_store(const database_command& command);

/// Opens a store as it is: one that stands and is not encrypted stays so, whatever keys there are; only
/// serving and `rekey` begin to encrypt it. `why` is a sentence for a person.
result<std::unique_ptr<persistence::database>>
open_as_it_is(command_loop& loop, const persistence::database_options& where, std::string& why);

/// The same; complains and answers nothing when that fails.
std::optional<command_store> open_store(command_loop& loop, const persistence::database_options& where,
                                        beside_server how = beside_server::never,
                                        without_keys unencrypted = without_keys::stays_so);

/// The same for who wants the store alone: the server that holds it is asked to give it up, until `from`
/// goes. Nobody can take it in between but by chance.
result<std::unique_ptr<persistence::database>> open_alone(command_loop& loop,
                                                          const persistence::database_options& where,
                                                          without_keys unencrypted,
                                                          std::optional<borrowed>& from, std::string& why);

/// All of the above: the command's store.
std::optional<command_store> open_store(command_loop& loop, const database_command& command,
                                        beside_server how);

/// Keeps a store as it is in a copy beside it, before a command changes it for good; an erasure removes such
/// copies. False when that failed, and was said.
bool keep_former_state(command_loop& loop, const command_store& of, const std::string& command);

/// Says that a task has failed, and what to do about it: 1.
int fail(const std::string& doing, error_code error);

/// Whether the person at the terminal agrees, or has with `--yes`. Where nobody can be asked it complains.
bool is_agreed(const database_command& command, const std::string& question);

} // namespace rejoinder::service::commands
