#pragma once

#include <cstdint>
#include <functional>

namespace rejoinder::persistence::lifecycle {

/// How far a task has come, in records and sessions. Called often, on the task's thread.
struct progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0; ///< 0: not known
};
using on_progress = std::function<void(progress)>;

/// Tells whoever wants to know.
inline void tell(const on_progress& listener, progress now) {
    if (listener) listener(now);
}

} // namespace rejoinder::persistence::lifecycle
