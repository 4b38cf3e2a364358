#include "service/process_memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace rejoinder::service {
namespace {

std::optional<std::uint64_t> resident() {
    std::ifstream statm("/proc/self/statm"); // in pages: all, resident, ...
    std::uint64_t all = 0;
    std::uint64_t pages = 0;
    if (!(statm >> all >> pages)) return std::nullopt;
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

process_memory system_memory() {
    return {resident, [] { ::malloc_trim(0); }};
}

} // namespace rejoinder::service
