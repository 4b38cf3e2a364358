#pragma once

#include "statemachine/definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// What becomes of the sessions of an older version of a machine.
struct migration_review {
    /// A state of the older version from which there is no way.
    struct stranded {
        std::string path; ///< dotted; of two that are active at a time, with ` | ` between
        std::string why;  ///< a sentence
    };

    std::int64_t from = 0;
    std::int64_t to = 0;
    migration_policy policy = migration_policy::migrate;
    std::string obstacle; ///< why no session at all goes over, a sentence; empty: nothing is in the way
    std::vector<stranded> states;

    // Members of the context, as they come out of the one that sessions began with.
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> changed;

    /// Whether the sessions can all go on. Those that begin anew always can, and so can those that stay with
    /// their version, which is at hand then.
    bool passed() const noexcept;
};

/// Looks at every state that a session of the older version may be in: atomic and final ones, those that are
/// active at a time, and history states.
migration_review review_migration(const definition& older, const definition& newer);

/// The review for people, a line for each thing that was found, each beginning with `NEW against OLD: `.
std::string describe(std::string_view newer_file, std::string_view older_file, const migration_review& what);

/// The same for programs: {"file", "from", "to", "policy", "passed", "obstacle"?, "states": [{"path",
/// "why"}], "context": {"added", "removed", "changed"}}.
json describe_json(std::string_view older_file, const migration_review& what);

} // namespace rejoinder::statemachine
