#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"

namespace rejoinder::tests::simulation {

/// Ends when so much virtual time has passed.
inline task<> pass_time(environment* env, milliseconds time) {
    signal over(env->get_executor());
    timer alarm(*env);
    alarm.arm_after(time, [&over] { over.notify(); });
    co_await over.wait();
}

} // namespace rejoinder::tests::simulation
