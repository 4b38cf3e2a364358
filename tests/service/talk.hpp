#pragma once

#include "tests/service/house.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// Events that the test machine shows when its session is created: what it says, and its state.
inline constexpr std::uint64_t greeting = 2;

/// The texts of the `say` events that wait, and the numbers of all events through `seqs`.
inline std::vector<std::string> says(fake_socket& socket, std::vector<std::uint64_t>* seqs = nullptr) {
    std::vector<std::string> texts;
    while (auto frame = socket.next()) {
        if ((*frame)["type"] != "event") continue;
        if (seqs) seqs->push_back((*frame)["seq"]);
        if ((*frame)["kind"] == "say") texts.push_back((*frame)["data"]["text"]);
    }
    return texts;
}

/// Takes turns t-1 to t-COUNT, each of three events, and reads all that comes.
inline void take_turns(house& h, fake_socket& socket, int count) {
    for (int i = 1; i <= count; ++i) {
        socket.say(house::turn("t-" + std::to_string(i), static_cast<std::uint64_t>(i), "hi"));
        h.env.run_ready();
        says(socket);
    }
}

} // namespace rejoinder::tests
