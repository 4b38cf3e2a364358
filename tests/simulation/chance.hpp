#pragma once

#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <random>

namespace rejoinder::tests::simulation {

/// All that a simulation leaves to chance, from one seed; the same everywhere.
class chance {
public:
    explicit chance(std::uint64_t seed) : source_(seed) {}

    /// Below `bound`, which is at least 1.
    std::uint64_t below(std::uint64_t bound) { return source_() % bound; }

    /// Of a thousand cases.
    bool happens(unsigned permille) { return below(1000) < permille; }

    milliseconds between(milliseconds least, milliseconds most) {
        auto range = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + milliseconds(static_cast<std::int64_t>(below(range)));
    }

private:
    std::mt19937_64 source_;
};

} // namespace rejoinder::tests::simulation
