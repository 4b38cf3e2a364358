#include "persistence/postgresql/contention.hpp"

#include "persistence/mailbox.hpp"

#include <algorithm>

namespace rejoinder::persistence::postgresql {
namespace {

// About the time of a transaction on a server nearby, and of one on a busy server far away.
constexpr milliseconds shortest{2};
constexpr milliseconds longest{256};

} // namespace

task<> pause(environment* env, milliseconds duration) {
    signal over;
    timer alarm(*env);
    alarm.arm_after(duration, [&over] { over.notify(); });
    co_await over.wait();
}

contention::contention(environment& env, milliseconds patience)
    : environment_(env), until_(env.steady_now() + patience) {}

task<bool> contention::again() {
    if (environment_.has_come(until_)) co_return false;
    if (span_.count() > 0) {
        auto most = static_cast<std::uint64_t>(span_.count());
        auto part = static_cast<milliseconds::rep>(environment_.random_number() % (most + 1));
        co_await pause(&environment_, milliseconds(part));
    }
    span_ = std::clamp(2 * span_, shortest, longest);
    co_return true;
}

} // namespace rejoinder::persistence::postgresql
