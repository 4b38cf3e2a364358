#pragma once

#include "persistence/task.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace rejoinder::persistence::backend {

/// Sends what a thread of the backend has answered to the loops that wait for it: one post for each of them,
/// however many answers it gets, and in the order that they are in. `loop_of` tells whose one is; `send`
/// takes a loop and what goes there. Nearly always all of it goes to one loop.
template <class One, class LoopOf, class Send>
void by_loop(std::vector<One> all, LoopOf loop_of, Send send) {
    while (!all.empty()) {
        auto loop = loop_of(all.front());
        auto is_elsewhere = [&](const One& one) { return loop_of(one) != loop; };
        auto end = std::ranges::find_if(all, is_elsewhere);
        std::vector<One> rest;
        for (auto at = end; at != all.end(); ++at) {
            if (is_elsewhere(*at))
                rest.push_back(std::move(*at));
            else
                *end++ = std::move(*at);
        }
        all.erase(end, all.end());
        send(loop, std::exchange(all, std::move(rest)));
    }
}

} // namespace rejoinder::persistence::backend
