#pragma once

#include "tests/persistence/contract/fault_script.hpp"

#include <cstddef>
#include <variant>
#include <vector>

namespace rejoinder::tests {

/// The life of a store, with what it came to step by step where nothing interrupted it.
struct known_life {
    /// `make` takes a step and `digest` tells what stands.
    template <class Make, class Digest>
    known_life(const Make& make, const Digest& digest) {
        stood.push_back(digest());
        for (const auto& step : steps) {
            make(step);
            stood.push_back(digest());
            if (std::holds_alternative<compaction>(step)) compacted = stood.size() - 1;
        }
    }

    /// What was reported is there, and the step that was under way is whole or absent. One that is whole
    /// counts as reported from now on.
    void check(const lifecycle::store_digest& found, std::size_t& reported) const {
        if (found == stood[reported]) return;
        REQUIRE(reported < steps.size());
        ++reported;
        REQUIRE(found == stood[reported]);
    }

    std::vector<mutation> steps = life_of_a_store();
    std::vector<lifecycle::store_digest> stood; ///< after so many steps
    std::size_t compacted = 0;                  ///< so many steps end with the last compaction
};

} // namespace rejoinder::tests
