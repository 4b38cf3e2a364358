#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/progress.hpp"
#include "service/machine_catalog.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// What becomes of the sessions of one machine that a store holds, when each is next activated where these
/// machines are served. Sessions past their life don't count: nobody comes back to them.
struct stored_review {
    /// Sessions that would be refused, and kept as they are.
    struct stranded {
        std::int64_t version = 0; ///< that they were stored with
        std::string state;        ///< dotted; of several that are active at a time, with ` | ` between
        std::string why;          ///< a sentence
        std::uint64_t sessions = 0;
        std::vector<session_id> ids; ///< of the first of them, at most `most_ids`
    };
    static constexpr std::size_t most_ids = 10;
    static constexpr std::size_t most_kinds = 256; ///< of `refused`; more are counted in `refused_others`

    std::uint64_t sessions = 0; ///< all that count
    std::uint64_t staying = 0;  ///< with the version that they have
    std::uint64_t migrating = 0;
    std::uint64_t restarting = 0;
    std::uint64_t damaged = 0;     ///< whose state can't be read; whoever loads them is told so
    std::uint64_t closed = 0;      ///< have ended, and could not be shown any more: nobody goes on with them
    std::vector<stranded> refused; ///< ascending by version and state
    std::uint64_t refused_others = 0;

    /// Whether all sessions that are open can go on.
    bool passed() const noexcept { return refused.empty(); }
};

/// Goes through all sessions of the store; nothing of it changes. The machine is the id of one of the
/// catalog. What is given outlives the task.
task<result<stored_review>> review_stored(persistence::database* store, const machine_catalog* machines,
                                          std::string machine, utc_time now,
                                          persistence::lifecycle::on_progress listener);

/// The review for people, lines that each begin with `FILE with STORE: `.
std::string describe(std::string_view file, std::string_view store, const stored_review& what);

/// The same for programs: {"store", "sessions", "staying", "migrating", "restarting", "damaged", "closed",
/// "passed", "refused": [{"version", "state", "why", "sessions", "ids"}], "refused_others"}.
json describe_json(std::string_view store, const stored_review& what);

} // namespace rejoinder::service
