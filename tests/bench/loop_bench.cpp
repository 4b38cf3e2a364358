// What a message costs when its session lives on another loop than the listener that took its connection in:
// with the socket on that loop, as it is after the server has moved it, or with each message carried over and
// its answer back. Loops, sockets and 200 bytes each way, and nothing else of the service; the move itself,
// once a connection, is not in it.

#include "tests/bench/end_of.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace rejoinder::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using clock = std::chrono::steady_clock;
using microseconds = std::chrono::duration<double, std::micro>;

constexpr int rounds = 3;
constexpr std::size_t message_bytes = 200;
using message = std::array<char, message_bytes>;

/// An event loop with its thread.
class loop {
public:
    asio::io_context context{1};

    /// CPU that the thread has taken, in microseconds.
    double usage() {
        std::promise<double> used;
        asio::post(context, [&] {
            timespec at{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
            used.set_value(static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3);
        });
        return used.get_future().get();
    }

    void stop() {
        context.stop();
        thread_.join();
    }

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context);
    std::thread thread_{[this] { context.run(); }};
};

/// Messages between the two are under way until both stand still, and only then one of them may go.
struct two_loops {
    ~two_loops() {
        listener.stop();
        session.stop();
    }

    loop listener;
    loop session;
};

/// Answers with what came; the session's part is done on the session's loop.
class server_side : public std::enable_shared_from_this<server_side> {
public:
    server_side(tcp::socket socket, loop& here, loop& session)
        : socket_(std::move(socket)), here_(here), session_(session) {}

    void listen() {
        asio::async_read(socket_, asio::buffer(text_), [self = shared_from_this()](auto error, std::size_t) {
            if (!error) self->carry();
        });
    }

private:
    void carry() {
        if (&here_ == &session_) return answer();
        asio::post(session_.context, [self = shared_from_this()]() mutable {
            auto& back = self->here_.context;
            asio::post(back, [self = std::move(self)] { self->answer(); });
        });
    }
    void answer() {
        asio::async_write(socket_, asio::buffer(text_), [self = shared_from_this()](auto error, std::size_t) {
            if (!error) self->listen();
        });
    }

    tcp::socket socket_;
    loop& here_;
    loop& session_;
    message text_{};
};

/// Sends the next message when the last one's answer is there.
class client_side {
public:
    client_side(tcp::socket socket, std::vector<double>& waited)
        : socket_(std::move(socket)), waited_(waited) {}

    void ask() {
        sent_ = clock::now();
        asio::async_write(socket_, asio::buffer(text_), [this](auto error, std::size_t) {
            if (error) return;
            asio::async_read(socket_, asio::buffer(text_), [this](auto failed, std::size_t) {
                if (failed) return;
                waited_.push_back(microseconds(clock::now() - sent_).count());
                ask();
            });
        });
    }

private:
    tcp::socket socket_;
    std::vector<double>& waited_;
    clock::time_point sent_;
    message text_{};
};

struct figures {
    double per_second = 0;
    double p50 = 0;
    double cpu = 0; ///< of the server's two loops, a message
};

enum class way { moved, forwarded };

figures measure(std::size_t connections, std::chrono::milliseconds duration, way how) {
    two_loops loops;
    asio::io_context client(1);
    tcp::acceptor acceptor(client, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto& home = how == way::moved ? loops.session : loops.listener;

    std::vector<double> waited;
    std::vector<std::unique_ptr<client_side>> clients;
    for (std::size_t i = 0; i < connections; ++i) {
        tcp::socket mine(client);
        mine.connect(acceptor.local_endpoint());
        auto accepted = acceptor.accept(home.context);
        mine.set_option(tcp::no_delay(true));
        accepted.set_option(tcp::no_delay(true));
        auto theirs = std::make_shared<server_side>(std::move(accepted), home, loops.session);
        asio::post(home.context, [theirs] { theirs->listen(); });
        clients.push_back(std::make_unique<client_side>(std::move(mine), waited));
    }
    auto used = loops.listener.usage() + loops.session.usage();
    auto begun = clock::now();
    for (auto& one : clients)
        one->ask();
    client.run_for(duration);
    auto seconds = std::chrono::duration<double>(clock::now() - begun).count();
    used = loops.listener.usage() + loops.session.usage() - used;
    auto count = static_cast<double>(std::max<std::size_t>(waited.size(), 1));
    std::ranges::sort(waited);
    return {count / seconds, waited.empty() ? 0 : waited[waited.size() / 2], used / count};
}

/// The one of several rounds whose CPU is in the middle.
figures middle(std::vector<figures> of) {
    std::ranges::sort(of, {}, &figures::cpu);
    return of[of.size() / 2];
}

void print(std::size_t connections, const char* how, const figures& taken) {
    std::printf("%11zu %-10s %11.0f %8.0f %7.1f\n", connections, how, taken.per_second, taken.p50, taken.cpu);
}

int run(int argc, char** argv) {
    CLI::App app("What a message costs whose session lives on another loop.");
    std::vector<std::size_t> connections{1, 64, 400};
    int milliseconds = 1000;
    app.add_option("--connections", connections, "how many at a time")
        ->delimiter(',')
        ->check(CLI::Range(1, 20'000));
    app.add_option("--milliseconds", milliseconds, "length of a round")->check(CLI::Range(1, 60'000));
    CLI11_PARSE(app, argc, argv);

    std::printf("%11s %-10s %11s %8s %7s\n", "connections", "sockets", "messages/s", "p50 us", "CPU us");
    for (auto count : connections) {
        std::vector<figures> moved;
        std::vector<figures> forwarded;
        for (int round = 0; round < rounds; ++round) {
            moved.push_back(measure(count, std::chrono::milliseconds(milliseconds), way::moved));
            forwarded.push_back(measure(count, std::chrono::milliseconds(milliseconds), way::forwarded));
        }
        print(count, "moved", middle(std::move(moved)));
        print(count, "forwarded", middle(std::move(forwarded)));
    }
    return 0;
}

} // namespace
} // namespace rejoinder::bench

int main(int argc, char** argv) {
    return rejoinder::bench::end_of("loop_bench", [&] { return rejoinder::bench::run(argc, argv); });
}
