// The allocator that the program has. Its bound on memory goes by what is resident, so what sessions leave
// behind must come back to the system, or a server that was short of memory once would be so for ever.

#include "service/process_memory.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;

#ifndef REJOINDER_SANITIZED // whose allocator keeps what was freed on purpose

namespace {

/// What a session holds, more or less: blocks of many sizes.
using holdings = std::vector<std::unique_ptr<std::byte[]>>;

holdings take_some(std::mt19937& random) {
    static constexpr std::array sizes{24,  32,  48,  64,  80,  96,  128,  200,
                                      256, 300, 432, 512, 600, 800, 1024, 2048};
    holdings taken;
    for (int i = 0; i < 40; ++i) {
        auto size = static_cast<std::size_t>(sizes[random() % sizes.size()]);
        taken.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
        std::memset(taken.back().get(), 1, size);
    }
    return taken;
}

} // namespace

TEST_CASE("most of what sessions took is back with the system when nineteen of twenty have left") {
    auto memory = service::system_memory();
    std::mt19937 random(1); // always the same ones
    auto at_rest = memory.resident();
    std::vector<holdings> sessions(8'000);
    for (auto& one : sessions)
        one = take_some(random);
    auto full = memory.resident();
    for (auto& one : sessions)
        if (random() % 20 != 0) one = holdings();
    memory.give_back();
    auto rest = memory.resident();
    REQUIRE((at_rest && full && rest));
    INFO(*at_rest << ", " << *full << ", " << *rest << " bytes");
    CHECK(*rest < *at_rest + (*full - *at_rest) / 2);
}

TEST_CASE("the program has the allocator that these tests have") {
    auto server = serve("memory:");
    std::ifstream maps("/proc/" + std::to_string(server->process()) + "/maps");
    std::string text{std::istreambuf_iterator<char>(maps), {}};
    CHECK(text.find("jemalloc") != std::string::npos);
}

#endif
