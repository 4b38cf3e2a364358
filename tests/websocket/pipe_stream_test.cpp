#include "websocket/pipe_stream.hpp"

#include "persistence/task_group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>

using namespace rejoinder;
using rejoinder::tests::manual_environment;
using rejoinder::websocket::pipe_stream;
namespace asio = boost::asio;

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> token{};

/// How an operation ended, once it has.
struct outcome {
    bool done = false;
    boost::system::error_code error;
    std::string bytes;
};

task<> read(pipe_stream& from, std::size_t most, outcome& out) {
    std::string space(most, '\0');
    auto [error, count] = co_await from.async_read_some(asio::buffer(space), token);
    out = {true, error, space.substr(0, count)};
}

task<> write(pipe_stream& to, std::string bytes, outcome& out) {
    auto [error, count] = co_await asio::async_write(to, asio::buffer(bytes), token);
    out = {true, error, bytes.substr(0, count)};
}

/// Two ends with room for four bytes each way; operations are started and looked at one by one.
class ends {
public:
    ends() : pair_(pipe_stream::make_pair(env_.get_executor(), 4)) {}
    ~ends() {
        one().close();
        other().close();
        env_.run_ready();
    }

    pipe_stream& one() { return pair_.first; }
    pipe_stream& other() { return pair_.second; }

    void start(task<> operation) {
        tasks_.spawn(std::move(operation));
        env_.run_ready();
    }
    void settle() { env_.run_ready(); }

private:
    manual_environment env_;
    std::pair<pipe_stream, pipe_stream> pair_;
    task_group tasks_{env_.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }};
};

} // namespace

TEST_CASE("a pipe carries bytes in order and makes a writer wait that is ahead of the reader") {
    outcome written, first, second, third;
    ends pipe;
    pipe.start(write(pipe.one(), "abcdefg", written));
    CHECK_FALSE(written.done);
    pipe.start(read(pipe.other(), 3, first));
    CHECK(first.bytes == "abc");
    CHECK(written.done);
    CHECK(written.bytes == "abcdefg");
    pipe.start(read(pipe.other(), 10, second));
    CHECK(second.bytes == "defg");
    pipe.start(read(pipe.other(), 10, third));
    CHECK_FALSE(third.done);
}

TEST_CASE("a closed end aborts what it waits for, and the other end reads the rest and then the end") {
    outcome waiting, written, rest, end, broken;
    ends pipe;
    pipe.start(read(pipe.one(), 10, waiting));
    pipe.start(write(pipe.one(), "last", written));
    pipe.one().close();
    pipe.settle();
    CHECK(waiting.error == asio::error::operation_aborted);
    pipe.start(read(pipe.other(), 10, rest));
    CHECK(rest.bytes == "last");
    pipe.start(read(pipe.other(), 10, end));
    CHECK(end.error == asio::error::eof);
    pipe.start(write(pipe.other(), "nobody reads", broken));
    CHECK(broken.error == asio::error::broken_pipe);
}

TEST_CASE("a cut pipe loses what was under way and fails both ends") {
    outcome written, waiting, lost, late;
    ends pipe;
    pipe.start(write(pipe.one(), "lost", written));
    pipe.start(read(pipe.one(), 10, waiting));
    pipe.other().cut();
    pipe.settle();
    CHECK(waiting.error == asio::error::connection_reset);
    pipe.start(read(pipe.other(), 10, lost));
    CHECK(lost.error == asio::error::connection_reset);
    pipe.start(write(pipe.one(), "late", late));
    CHECK(late.error == asio::error::connection_reset);
}

TEST_CASE("an end that only stops sending can still read") {
    outcome end, written, received;
    ends pipe;
    pipe.one().shutdown_send();
    pipe.start(read(pipe.other(), 10, end));
    CHECK(end.error == asio::error::eof);
    pipe.start(write(pipe.other(), "yes", written));
    pipe.start(read(pipe.one(), 10, received));
    CHECK(received.bytes == "yes");
}
