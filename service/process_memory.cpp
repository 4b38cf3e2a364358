#include "service/process_memory.hpp"

#include <dlfcn.h>
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

/// The program's allocator is jemalloc, which not every process has that this is linked into. It gives all
/// pages back on which nothing is, those that are kept for this thread first
/// (https://jemalloc.net/jemalloc.3.html, thread.tcache.flush and arena.<i>.purge; 4096 is all arenas).
void give_back() {
    using control =
        int (*)(const char* name, void* old, std::size_t* old_size, void* now, std::size_t now_size);
    static const auto of_jemalloc = reinterpret_cast<control>(::dlsym(RTLD_DEFAULT, "mallctl"));
    if (!of_jemalloc) {
        ::malloc_trim(0);
        return;
    }
    of_jemalloc("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
    of_jemalloc("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

} // namespace

process_memory system_memory() {
    return {resident, give_back};
}

} // namespace rejoinder::service
