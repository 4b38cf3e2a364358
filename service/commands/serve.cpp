#include "persistence/backend/relay_database.hpp"
#include "persistence/database.hpp"
#include "persistence/log.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/commands/commands.hpp"
#include "service/credentials/access.hpp"
#include "service/further_loops.hpp"
#include "service/keys.hpp"
#include "service/loop.hpp"
#include "service/machine_catalog.hpp"
#include "service/openai/openai_responder.hpp"
#include "service/recording/recorder.hpp"
#include "service/server.hpp"
#include "service/store_keeper.hpp"

#include <boost/asio/signal_set.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace rejoinder::service::commands {
namespace {

/// Descriptors are connections: the soft limit is a default for interactive programs.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Who reads the log may end before the service does, as `tee` does at Ctrl-C: what can't be written is lost,
/// and the drain goes on.
void outlive_readers() {
    std::signal(SIGPIPE, SIG_IGN);
}

/// Ends the process with a reason, without its destructors: what is committed stays.
[[noreturn]] void end_now(const std::string& why) {
    complain("serve: " + why);
    log::shutdown();
    std::_Exit(1);
}

/// Drains on the first SIGTERM or SIGINT and stops at once on the second. Before this exists a signal does
/// what it does to any program and ends it: nobody was let in yet, and what the database does while it opens
/// is atomic.
class shutdown_signals {
    using signals = boost::asio::basic_signal_set<executor>;

public:
    explicit shutdown_signals(environment& env) : signals_(env.get_executor(), SIGTERM, SIGINT) { wait(); }

    task<> first() { return arrived_.wait(); }
    void ignore() { signals_.cancel(); }

private:
    void wait() {
        signals_.async_wait([this](error_code error, int) {
            if (error) return;
            if (count_++ > 0)
                end_now("a second signal has ended the drain; clients repeat what was not answered");
            arrived_.notify();
            wait();
        });
    }

    signals signals_;
    signal arrived_;
    int count_ = 0;
};

/// What is to be done while the loop stands still, with no handler on the stack.
class loop_pauses {
public:
    explicit loop_pauses(boost::asio::io_context& loop) : loop_(loop) {}

    void ask(std::function<void()> what) {
        asked_.push_back(std::move(what));
        loop_.stop();
    }

    /// When the loop has returned: whether it was for this, and is to go on.
    bool use() {
        auto asked = std::exchange(asked_, {});
        loop_.restart();
        for (auto& what : asked)
            what();
        loop_.restart();
        return !asked.empty();
    }

private:
    boost::asio::io_context& loop_;
    std::vector<std::function<void()>> asked_;
};

/// Serves until a signal comes, drains, and closes the store, whose attempts to heal would hold up the end
/// otherwise. A second signal counts until then. All that is given outlives the loop that this runs on.
task<> run_until_stopped(server* service, store_keeper* store, shutdown_signals* signals,
                         milliseconds grace) {
    co_await signals->first();
    log::info("draining", {{"sessions", service->live_sessions()}});
    co_await service->drain(grace);
    co_await store->close();
    signals->ignore();
}

/// Behind a failure: other loops may go on until the process ends, and find the store closed, but there.
task<> close_for_the_end(store_keeper* store) {
    if (auto* open = store->now()) co_await open->close();
}

/// Keys are read each time: a command that has had the store may have changed them with it.
result<std::unique_ptr<persistence::database>>
open_store(environment& env, const config& values, persistence::database_options where, std::string& why) {
    try {
        where.keys = load_keys(values);
    } catch (const config_error& wrong) {
        why = wrong.what();
        return persistence::errc::unavailable;
    }
    return persistence::open_database(env, where, why);
}

/// Who may connect. Throws `config_error` when nobody must, as without credentials anybody could.
credentials::access decide_access(const config& values) {
    std::string host;
    std::uint16_t port = 0;
    if (!split_address(values.listen, host, port))
        throw config_error("listen: '" + values.listen + "' is not HOST:PORT");
    std::string ignored;
    if (!values.admin_listen.empty() && !split_address(values.admin_listen, ignored, port))
        throw config_error("admin-listen: '" + values.admin_listen + "' is not HOST:PORT");
    auto access = credentials::load_access(values);
    if (!access.has_credentials() && !is_loopback(host))
        throw config_error("listen: " + host +
                           " can be reached from other machines, and no credentials are configured; "
                           "listen on 127.0.0.1 or set credentials.kind");
    if (values.echo && !is_loopback(host))
        throw config_error("echo: /v1/echo asks nobody who he is, and " + host +
                           " can be reached from other machines; leave it out");
    return access;
}

void tell_who_may_come(const credentials::access& access) {
    if (access.has_credentials())
        log::info("credentials", {{"kind", credentials::to_string(access.configured.kind)}});
    else
        log::info("no_credentials",
                  {{"account", credentials::local_account}, {"reachable", "from this machine only"}});
}

/// Such a machine goes on all the same, as it does when a responder fails.
void tell_who_is_not_answered(const machine_catalog& machines) {
    for (const auto& id : machines.ids())
        if (machines.find(id)->asks_responder())
            log::info("no_responder",
                      {{"machine", id}, {"hint", "it asks one: set responder.url and responder.model"}});
}

enum class refused_address { of_clients, of_commands };

void complain_of_address(const config& values, refused_address which, const error_code& why) {
    bool clients = which == refused_address::of_clients;
    std::string flag = clients ? "--listen" : "--set admin-listen=HOST:PORT";
    bool taken = why == boost::system::errc::address_in_use;
    complain((clients ? "listen: " + values.listen : "admin-listen: " + values.admin_listen) + ": " +
             why.message() +
             (taken ? "; end the program that has it, or choose another port with " + flag
                    : "; choose another address with " + flag));
}

/// Ends a server that listens and does not serve yet.
void end_in_order(boost::asio::io_context& loop, server& service) {
    task_group ending(loop.get_executor(),
                      [](const std::exception_ptr& what) { std::rethrow_exception(what); });
    ending.spawn(service.drain(milliseconds(0)));
    loop.run();
}

std::size_t count_further_loops(const config& values, const persistence::database& store) {
    auto how =
        persistence::backend::serves_all_loops(store) ? store_shares::all_loops : store_shares::one_loop;
    auto loops = count_loops(values.threads, usable_processors(), how);
    if (loops > 1) log::info("threads", {{"loops", loops}});
    return loops - 1;
}

/// One for each loop; nothing where none is configured.
std::unique_ptr<responder> make_responder(environment& env, const config& values) {
    if (values.responder.url.empty()) return nullptr;
    return std::make_unique<openai::openai_responder>(env, values.responder);
}

/// Returns when all has ended in order. What has not ends the process here: other loops run, beside which
/// nothing may be unwound.
void serve_until_stopped(const config& values, const credentials::access& access,
                         boost::asio::io_context& context, environment& env, loop_pauses& pauses,
                         store_keeper& store, server& service) noexcept {
    auto fail = [](const std::string& what) {
        end_now("stopped by a failure (" + what + "); what was accepted is stored, start it again");
    };
    try {
        shutdown_signals signals(env);
        tell_who_may_come(access);
        if (!values.admin_listen.empty()) log::info("commands", {{"url", service.for_commands().url}});
        std::printf("listening on %s\n", service.url().c_str());
        std::fflush(stdout);

        task_group tasks(env.get_executor(),
                         [](const std::exception_ptr& what) { std::rethrow_exception(what); });
        tasks.spawn(run_until_stopped(&service, &store, &signals, values.limits.drain));
        std::string failure;
        do {
            failure = run_or_close(context, env, [&store] { return close_for_the_end(&store); });
        } while (failure.empty() && pauses.use());
        if (!failure.empty()) fail(failure);
    } catch (const std::exception& failure) {
        fail(failure.what());
    }
}

int run(const config& values, const credentials::access& access) {
    std::vector<std::string> problems;
    auto machines = load_machines(values.machines, problems);
    for (const auto& problem : problems)
        complain(problem);
    if (!problems.empty()) return 1;
    auto url = persistence::parse_database_url(values.database);
    if (!url) {
        complain(
            "database: '" + values.database.substr(0, values.database.find(':')) +
            "' names no database; write sqlite:PATH, postgresql://USER@HOST/DATABASE, file:DIR or memory:");
        return 1;
    }

    url->queues = values.limits.queues;
    url->connections = values.limits.database_connections;
    url->statement_timeout = values.limits.database_statement;
    url->compresses = values.compresses_files;

    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    loop_pauses pauses(context);
    store_keeper store(
        *url, [&](std::string& why) { return open_store(*env, values, *url, why); },
        [&pauses](std::function<void()> what) { pauses.ask(std::move(what)); });
    std::string why;
    if (auto opened = store.open(why); !opened) {
        complain(why.empty() ? opened.error().message() : why);
        return 1;
    }
    std::unique_ptr<recorder> recording;
    if (!values.record.empty()) {
        recording_bounds bounds;
        bounds.file_bytes = values.limits.recording_bytes;
        bounds.folder_bytes = values.limits.recordings_bytes;
        recording = open_recorder(values.record, bounds, why);
        if (!recording) {
            complain("record: " + why);
            return 1;
        }
        log::info("recording", {{"folder", values.record}});
    }
    further_loops loops(count_further_loops(values, *store.now()));
    auto answers = make_responder(*env, values);
    if (!answers) tell_who_is_not_answered(machines);
    std::vector<std::unique_ptr<responder>> further_answers;
    std::vector<server_loop> further;
    for (std::size_t i = 0; i < loops.count(); ++i) {
        further_answers.push_back(make_responder(loops.env(i), values));
        further.push_back({loops.env(i), further_answers.back().get()});
    }
    server service(*env, store, std::move(machines), values, access, recording.get(), answers.get(), further);
    auto listening = service.listen();
    // What ends another loop ends this one.
    loops.start([&context](const std::exception_ptr& what) {
        boost::asio::post(context, [what] { std::rethrow_exception(what); });
    });
    if (!listening) {
        complain_of_address(
            values, service.is_open_to_clients() ? refused_address::of_commands : refused_address::of_clients,
            listening.error());
        if (service.is_listening()) end_in_order(context, service);
        loops.join();
        return 1;
    }
    serve_until_stopped(values, access, context, *env, pauses, store, service);
    loops.join();
    return 0;
}

} // namespace

int serve(const serve_options& options) {
    config values;
    auto environment = process_environment();
    for (const auto& sentence : misspelt_variables(environment))
        complain(sentence);
    try {
        values = load_config(options.config_file, environment, options.flags);
    } catch (const config_error& wrong) {
        complain(wrong.what());
        return 1;
    }
    if (options.print_config) {
        std::fputs(print(values).c_str(), stdout);
        return 0;
    }
    auto level = log::level::info;
    if (!log::parse_level(values.log_level, level)) {
        complain("log-level: must be debug, info, warning, error or off");
        return 1;
    }
    log::set_level(level);
    raise_descriptor_limit();
    outlive_readers();
    int status = 1;
    try {
        status = run(values, decide_access(values));
    } catch (const config_error& wrong) {
        complain(wrong.what());
    }
    log::shutdown();
    return status;
}

} // namespace rejoinder::service::commands
