#include "websocket/attempts.hpp"

#include "persistence/mailbox.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <string>

using namespace rejoinder;
using rejoinder::tests::manual_environment;
using rejoinder::websocket::try_in_turn;

namespace {

/// What attempts come to: '.' is silent for as long as it may be, 'x' fails at once, '!' succeeds.
struct fates {
    manual_environment& env;
    std::string each;
    std::size_t made = 0;

    task<bool> make(std::size_t which, steady_time until) {
        ++made;
        if (each[which] == '.') {
            rejoinder::signal enough;
            timer deadline(env);
            deadline.arm(until, [&enough] { enough.notify(); });
            co_await enough.wait();
        }
        co_return each[which] == '!';
    }

    bool run(milliseconds deadline) {
        auto attempt = [this](std::size_t which, steady_time until) { return make(which, until); };
        return env.run(try_in_turn(&env, each.size(), env.steady_now() + deadline, attempt));
    }
};

} // namespace

TEST_CASE("the first attempt that succeeds is the last one made") {
    manual_environment env;
    fates tried{env, "x!!"};
    CHECK(tried.run(milliseconds(1000)));
    CHECK(tried.made == 2);
}

TEST_CASE("a silent attempt takes its share of the time and leaves the others theirs") {
    manual_environment env;
    auto begin = env.steady_now();
    fates tried{env, ".x.!"};
    CHECK(tried.run(milliseconds(1200)));
    CHECK(tried.made == 4);
    CHECK(env.steady_now() == begin + milliseconds(300 + 450));
}

TEST_CASE("silent attempts together end when the time is over") {
    manual_environment env;
    auto begin = env.steady_now();
    fates tried{env, "..."};
    CHECK_FALSE(tried.run(milliseconds(900)));
    CHECK(env.steady_now() == begin + milliseconds(900));
}
