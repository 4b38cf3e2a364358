// The load generator: sessions in a closed loop against a server of its own, beside a plain echo on the same
// listener.

#include "persistence/ids.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/bench_usage.hpp"
#include "service/client/session_client.hpp"
#include "service/commands/client_place.hpp"
#include "service/commands/commands.hpp"
#include "service/private_server.hpp"
#include "websocket/client.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace rejoinder::service::commands {
namespace {

constexpr milliseconds patience(30'000);

/// What one closed loop came to.
struct measurement {
    std::size_t count = 0;
    std::size_t failures = 0; ///< contenders that could not begin, or not go on
    double per_second = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double cpu_us = 0; ///< of the server, per turn or message; 0 when the server is not ours
};

struct row {
    std::size_t sessions = 0;
    double attach_per_second = 0;
    double idle_kib = 0;
    measurement turns;
    measurement echo;
};

/// Why something did not work, for a person; empty: it did.
using trouble = std::string;

/// One client in the loop: `begin` connects, `step` does one round trip, `end` may come at any time.
class contender {
public:
    virtual ~contender() = default;
    virtual task<trouble> begin() = 0;
    virtual task<trouble> step() = 0;
    virtual task<> end() = 0;

    /// How many of its messages the server has thrown away for their rate.
    virtual std::uint64_t floods() const noexcept { return 0; }
};

/// A session on one connection. It is no `returning_client`, which would put right what has to show here: a
/// turn that was rejected and said again, or a connection that was lost, would be a slow turn and no failure.
class session_contender final : public contender {
public:
    session_contender(environment& env, const std::string& url, secret token, const std::string& machine,
                      std::string text)
        : env_(env),
          client_(env, url, client_memory{"bench-" + make_ulid(env), "", "", "", 0, 0}, std::move(token)),
          machine_(machine),
          text_(std::move(text)) {}

    task<trouble> begin() override {
        auto welcome = co_await client_.attach(machine_, patience);
        if (!welcome) co_return end_of_connection(welcome.error().message());
        if (welcome->value("outcome", "") == "new") co_return "";
        co_return "the server answered " + welcome->value("outcome", "") + " " + welcome->value("reason", "");
    }
    task<trouble> step() override {
        json input = {{"text", text_}};
        client_.submit(make_ulid(env_), std::move(input));
        while (auto frame = co_await client_.receive(patience)) {
            auto kind = frame->value("kind", "");
            if (kind == "turn.done") co_return "";
            if (kind == "turn.failed") co_return "a turn failed: " + frame->at("data").value("message", "");
            auto type = frame->value("type", "");
            if (type == "rejected" || type == "error") co_return frame->value("message", "");
        }
        co_return end_of_connection("no answer in " + std::to_string(patience.count() / 1000) + " s");
    }
    task<> end() override { return client_.close(); }
    std::uint64_t floods() const noexcept override { return client_.floods(); }

private:
    /// The close code where there is one.
    trouble end_of_connection(std::string otherwise) const {
        auto code = client_.close_code();
        if (code == 0) return otherwise;
        return "the server closed the connection (code " + std::to_string(code) + ")";
    }

    environment& env_;
    session_client client_;
    std::string machine_;
    std::string text_;
};

class echo_contender final : public contender {
public:
    echo_contender(environment& env, std::string url, std::string text)
        : env_(env), url_(std::move(url)), text_(std::move(text)) {}

    task<trouble> begin() override {
        websocket::client_options options;
        options.url = url_;
        options.deadline = patience;
        options.limits.messages_per_second = 1e9;
        options.limits.message_burst = 1e9;
        unsigned status = 0;
        auto connected = co_await websocket::connect(env_, std::move(options), &status);
        if (status == 404) co_return "the server has no echo; start it with --echo";
        if (!connected) co_return connected.error().message();
        client_ = std::move(*connected);
        co_return "";
    }
    task<trouble> step() override {
        client_->send(text_);
        auto answer = co_await client_->receive(patience);
        co_return answer ? "" : "the echo does not answer";
    }
    task<> end() override {
        if (client_) co_await client_->close();
    }

private:
    environment& env_;
    std::string url_;
    std::string text_;
    std::unique_ptr<websocket::client> client_;
};

/// Many contenders on one thread, each with one round trip in flight at a time. One that fails is out of it.
class race {
public:
    race(boost::asio::io_context& context, environment& env, pid_t server)
        : context_(context),
          env_(env),
          server_(server),
          tasks_(env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {}

    void add(std::unique_ptr<contender> one) { contenders_.push_back({std::move(one), ""}); }

    /// Connects all; the time that it took in seconds. Those that can't are dropped.
    double begin() {
        auto started = env_.steady_now();
        for (auto& one : contenders_)
            tasks_.spawn(begin_one(&one));
        run();
        auto took = env_.steady_now() - started;
        for (auto& one : contenders_) {
            if (one.failure.empty()) continue;
            note(one.failure);
            tasks_.spawn(one.who->end());
        }
        run();
        std::erase_if(contenders_, [](const entry& one) { return !one.failure.empty(); });
        return std::max(0.001, static_cast<double>(took.count()) / 1000);
    }

    std::size_t size() const noexcept { return contenders_.size(); }

    measurement loop(milliseconds duration) {
        latencies_.clear();
        auto before = read_usage(server_);
        auto started = std::chrono::steady_clock::now();
        until_ = env_.steady_now() + duration;
        for (auto& one : contenders_)
            tasks_.spawn(loop_one(&one));
        run();
        std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
        auto after = read_usage(server_);
        for (const auto& one : contenders_)
            if (!one.failure.empty()) note(one.failure);

        measurement m;
        m.failures = failures_;
        m.count = latencies_.size();
        if (m.count == 0) return m;
        std::ranges::sort(latencies_);
        m.per_second = static_cast<double>(m.count) / elapsed.count();
        m.p50_ms = latencies_[m.count / 2];
        m.p99_ms = latencies_[std::min(m.count - 1, m.count * 99 / 100)];
        m.cpu_us = (after.cpu_seconds - before.cpu_seconds) * 1e6 / static_cast<double>(m.count);
        return m;
    }

    void end() {
        for (auto& one : contenders_)
            tasks_.spawn(one.who->end());
        run();
    }

    /// Says in a line what went wrong, and in another one what makes the figures others than they seem.
    void report(const std::string& what, std::size_t wanted) const {
        if (failures_ > 0)
            complain(std::to_string(failures_) + " of " + std::to_string(wanted) + " " + what +
                     " failed: " + first_failure_);
        std::uint64_t floods = 0;
        for (const auto& one : contenders_)
            floods += one.who->floods();
        if (floods > 0)
            complain("the server limits how many messages a connection may send, so the figures show its "
                     "limit; start it with --set limits.messages-per-second=1e9");
    }

private:
    struct entry {
        std::unique_ptr<contender> who;
        trouble failure;
    };

    task<> begin_one(entry* one) { one->failure = co_await one->who->begin(); }

    task<> loop_one(entry* one) {
        while (env_.steady_now() < until_) {
            auto sent = std::chrono::steady_clock::now();
            one->failure = co_await one->who->step();
            if (!one->failure.empty()) co_return;
            std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - sent;
            latencies_.push_back(took.count());
        }
    }

    void note(const trouble& failure) {
        if (failures_++ == 0) first_failure_ = failure;
    }

    void run() {
        // Open connections keep the context busy for ever: what counts is that the tasks have ended.
        context_.restart();
        while (tasks_.running() > 0)
            context_.run_one();
    }

    boost::asio::io_context& context_;
    environment& env_;
    pid_t server_;
    std::vector<entry> contenders_;
    std::vector<double> latencies_;
    steady_time until_{};
    std::size_t failures_ = 0;
    trouble first_failure_;
    task_group tasks_;
};

/// A folder for the server's database that is gone afterwards.
class scratch_folder {
public:
    scratch_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "rejoinder-bench-XXXXXX").string();
        if (const char* made = ::mkdtemp(pattern.data())) path_ = made;
    }
    ~scratch_folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

row measure(const bench_options& options, const std::string& base, const secret& token, pid_t server,
            std::size_t sessions) {
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    std::string text(200, 'x');
    milliseconds duration(static_cast<std::int64_t>(options.seconds * 1000));
    row result;
    result.sessions = sessions;
    {
        race turns(context, *env, server);
        for (std::size_t i = 0; i < sessions; ++i)
            turns.add(std::make_unique<session_contender>(*env, base + "/v1/session", token, options.machine,
                                                          text));
        auto before = read_usage(server);
        auto took = turns.begin();
        result.attach_per_second = static_cast<double>(turns.size()) / took;
        auto idle = read_usage(server);
        if (turns.size() > 0)
            result.idle_kib = (idle.resident_kib - before.resident_kib) / static_cast<double>(turns.size());
        result.turns = turns.loop(duration);
        turns.end();
        turns.report("sessions", sessions);
    }
    {
        race echo(context, *env, server);
        for (std::size_t i = 0; i < sessions; ++i)
            echo.add(std::make_unique<echo_contender>(*env, base + "/v1/echo", text));
        echo.begin();
        result.echo = echo.loop(duration);
        echo.end();
        echo.report("connections to the echo", sessions);
    }
    return result;
}

json to_json(const measurement& m) {
    return {{"count", m.count},   {"failures", m.failures}, {"per_second", m.per_second},
            {"p50_ms", m.p50_ms}, {"p99_ms", m.p99_ms},     {"cpu_us", m.cpu_us}};
}

void print_table(const std::vector<row>& rows, double fdatasync_us) {
    std::printf("fdatasync p50 %.0f us\n\n", fdatasync_us);
    std::printf("%8s %10s %9s %9s %8s %9s %10s | %10s %9s %8s\n", "sessions", "turns/s", "p50 ms", "p99 ms",
                "CPU us", "KiB idle", "attach/s", "echo/s", "p99 ms", "CPU us");
    for (const auto& r : rows) {
        std::printf("%8zu %10.0f %9.2f %9.2f %8.1f %9.1f %10.0f | %10.0f %9.2f %8.1f\n", r.sessions,
                    r.turns.per_second, r.turns.p50_ms, r.turns.p99_ms, r.turns.cpu_us, r.idle_kib,
                    r.attach_per_second, r.echo.per_second, r.echo.p99_ms, r.echo.cpu_us);
    }
}

} // namespace

int bench(const bench_options& options) {
    scratch_folder folder;
    if (folder.path().empty()) {
        complain("no temporary folder can be made; set TMPDIR to one that can be written");
        return 1;
    }
    std::optional<secret> token = options.server ? load_token(options.token_file) : secret();
    if (!token) return 1;
    std::unique_ptr<private_server> own;
    auto base = options.server.value_or("");
    if (!options.server) {
        // Only rates, counts and the patience with the disk are raised; sizes, durability and checks are what
        // every server has.
        std::string why;
        own = private_server::start("",
                                    {"--database", "sqlite:" + folder.path() + "/bench.db", "--machines",
                                     options.machines, "--echo", "--log-level", "warning", "--set",
                                     "limits.messages-per-second=1e9", "limits.message-burst=1e9",
                                     "limits.queued-commit-wait-ms=5000", "limits.drain-ms=0"},
                                    why);
        if (!own) {
            complain(why);
            return 1;
        }
        base = own->base_url();
    } else if (auto path = base.find('/', 5); path != base.npos) {
        base.resize(path);
    }

    auto fdatasync_us = measure_fdatasync(folder.path());
    std::vector<row> rows;
    for (auto sessions : options.sessions) {
        if (!options.json)
            std::fprintf(stderr, "measuring %zu sessions, %.0f s each for turns and echo ...\n", sessions,
                         options.seconds);
        rows.push_back(measure(options, base, *token, own ? own->process() : 0, sessions));
    }
    auto failed = [](const row& r) { return r.turns.failures + r.echo.failures > 0; };
    int status = std::ranges::any_of(rows, failed) ? 1 : 0;
    if (!options.json) {
        print_table(rows, fdatasync_us);
        return status;
    }
    auto table = json::array();
    for (const auto& r : rows) {
        table.push_back({{"sessions", r.sessions},
                         {"attach_per_second", r.attach_per_second},
                         {"idle_kib", r.idle_kib},
                         {"turns", to_json(r.turns)},
                         {"echo", to_json(r.echo)}});
    }
    std::printf("%s\n", to_text({{"fdatasync_us", fdatasync_us}, {"rows", table}}).c_str());
    return status;
}

} // namespace rejoinder::service::commands
