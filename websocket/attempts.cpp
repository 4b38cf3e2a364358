#include "websocket/attempts.hpp"

namespace rejoinder::websocket {

task<bool> try_in_turn(environment* env, std::size_t count, steady_time due, attempt make) {
    for (std::size_t which = 0; which < count; ++which) {
        auto now = env->steady_now();
        if (now >= due) break;
        auto share = (due - now) / static_cast<int>(count - which);
        auto succeeded = co_await make(which, now + share);
        if (succeeded) co_return true;
    }
    co_return false;
}

} // namespace rejoinder::websocket
