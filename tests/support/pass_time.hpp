#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"

#include <functional>

namespace rejoinder::tests {

/// Ends when so much of the environment's time has passed, which may be virtual. In real time it belongs in a
/// loop that looks whether something has come, and no test takes it for the something.
inline task<> pass_time(environment* env, milliseconds time) {
    signal over;
    timer alarm(*env);
    alarm.arm_after(time, [&over] { over.notify(); });
    co_await over.wait();
}

/// Ends when something is so, which it looks at every 5 ms; whoever runs it bounds it.
inline task<> until(environment* env, std::function<bool()> is_so) {
    while (!is_so()) {
        auto passing = pass_time(env, milliseconds(5));
        co_await std::move(passing);
    }
}

} // namespace rejoinder::tests
