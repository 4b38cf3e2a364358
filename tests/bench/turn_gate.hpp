#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace rejoinder::bench {

/// CPU of a turn in us, by the number of sessions: what must not become more without anybody noticing.
using cpu_by_sessions = std::map<std::size_t, double>;

/// What a run comes to beside the result before it.
struct gate_verdict {
    /// One sentence about what takes more than 15 % more CPU than before; empty: nothing.
    std::string regression;

    /// What the next run is compared with: the present figures, but the former ones where they became worse
    /// than that or were not taken this time. So a regression is seen again until it is mended.
    cpu_by_sessions next;
};

gate_verdict compare(const cpu_by_sessions& before, const cpu_by_sessions& now);

/// {"64": 122.0}; what is none of that reads as nothing known.
json to_json(const cpu_by_sessions& figures);
cpu_by_sessions read_gate(const json& stored);

} // namespace rejoinder::bench
