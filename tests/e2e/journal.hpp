#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// What a client did and saw, as it happened: the client's word, against which the server's is held.
struct journal {
    struct turn {
        std::string id;
        std::uint64_t number = 0;
        std::string text;
        bool accepted = false;
        std::uint64_t first = 0; ///< its events, as `accepted` told
        std::uint64_t last = 0;
    };

    struct arrival {
        std::uint64_t had = 0; ///< number of the last event that the client had seen
        json frame;            ///< the welcome
        std::size_t life = 0;  ///< how often the server had been started before
    };

    std::string session;
    std::vector<turn> turns;
    std::vector<json> events; ///< every event frame in the order of arrival, repeated ones too
    std::vector<arrival> welcomes;
    std::vector<std::string> complaints; ///< what no client should have to see
    std::size_t duplicates = 0;          ///< turns that were accepted with the stored outcome
    std::size_t cuts = 0;                ///< times that this client lost its connection by its own fate

    std::uint64_t seen() const { return events.empty() ? 0 : events.back().at("seq").get<std::uint64_t>(); }

    /// Every turn was accepted and all of their events came.
    bool settled() const {
        for (const auto& t : turns)
            if (!t.accepted || t.last > seen()) return false;
        return true;
    }
};

} // namespace rejoinder::tests
