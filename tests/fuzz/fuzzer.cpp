// One fuzzer a target: libFuzzer brings `main`, and calls this with bytes of its own making.

#include "persistence/log.hpp"
#include "tests/fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>

using namespace rejoinder::tests::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    REJOINDER_FUZZ_TARGET(std::string_view(reinterpret_cast<const char*>(bytes), size));
    return 0;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    rejoinder::log::set_level(rejoinder::log::level::off);
    return 0;
}
