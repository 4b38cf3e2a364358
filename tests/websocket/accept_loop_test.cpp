#include "websocket/accept_loop.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <boost/asio/error.hpp>

#include <cstdint>
#include <deque>
#include <new>
#include <vector>

using namespace rejoinder;
using rejoinder::tests::manual_environment;
using rejoinder::websocket::accept_loop;

namespace {

enum class outcome { stream, no_descriptor, peer_gone, defect };

/// A source with prepared outcomes, which waits for ever when there are no more.
class prepared_source {
public:
    prepared_source(manual_environment& env, std::deque<outcome> outcomes)
        : env_(env),
          begin_(env.steady_now()),
          outcomes_(std::move(outcomes)),
          loop_(env, [this] { return next(); }),
          tasks_(env.get_executor(), [](const std::exception_ptr& error) { std::rethrow_exception(error); }) {
        tasks_.spawn(loop_.run());
    }

    ~prepared_source() {
        loop_.stop();
        closed_.notify();
        env_.run(tasks_.join());
    }

    /// When it was asked for a stream, from the beginning.
    std::vector<std::int64_t> asked;

private:
    task<boost::system::error_code> next() {
        asked.push_back((env_.steady_now() - begin_) / milliseconds(1));
        if (outcomes_.empty()) {
            co_await closed_.wait();
            co_return boost::asio::error::operation_aborted;
        }
        auto what = outcomes_.front();
        outcomes_.pop_front();
        if (what == outcome::defect) throw std::bad_alloc();
        if (what == outcome::no_descriptor) co_return boost::asio::error::no_descriptors;
        if (what == outcome::peer_gone) co_return boost::asio::error::connection_aborted;
        co_return boost::system::error_code();
    }

    manual_environment& env_;
    steady_time begin_;
    std::deque<outcome> outcomes_;
    rejoinder::signal closed_;
    accept_loop loop_;
    task_group tasks_;
};

using times = std::vector<std::int64_t>;

} // namespace

TEST_CASE("accepting goes on after errors and exceptions, with a pause after each") {
    manual_environment env;
    prepared_source source(env, {outcome::stream, outcome::no_descriptor, outcome::no_descriptor,
                                 outcome::defect, outcome::stream});
    env.advance(milliseconds(1000));
    CHECK(source.asked == times{0, 0, 100, 200, 300, 300});
}

TEST_CASE("a peer that hung up while it waited to be accepted costs no pause") {
    manual_environment env;
    prepared_source source(env, {outcome::peer_gone, outcome::stream});
    env.advance(milliseconds(1000));
    CHECK(source.asked == times{0, 0, 0});
}

TEST_CASE("accepting that is stopped during a pause ends at once") {
    manual_environment env;
    auto begin = env.steady_now();
    {
        prepared_source source(env, {outcome::no_descriptor});
        env.run_ready();
    }
    CHECK(env.steady_now() == begin);
}
