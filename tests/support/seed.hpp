#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace rejoinder::tests {

/// The seed of a test that makes choices: REJOINDER_SEED when it is set, so that a run can be repeated, else
/// a new one. Printed, because a test that hangs or crashes has no other way to tell it.
inline std::uint32_t test_seed() {
    const char* given = std::getenv("REJOINDER_SEED");
    auto seed = given && *given ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
    std::printf("REJOINDER_SEED=%u\n", seed);
    std::fflush(stdout);
    return seed;
}

} // namespace rejoinder::tests
