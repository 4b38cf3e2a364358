#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace rejoinder::service {

/// The memory of this process as the operating system sees it; a test says what it likes.
struct process_memory {
    /// Bytes that are resident; nothing where the system does not tell.
    std::function<std::optional<std::uint64_t>()> resident;
    /// Gives back what the allocator keeps for later: what was freed is resident until then.
    std::function<void()> give_back;
};

/// From /proc, and of whichever allocator this process has: jemalloc or glibc's.
process_memory system_memory();

} // namespace rejoinder::service
