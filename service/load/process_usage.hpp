#pragma once

#include <string>
#include <sys/types.h>

namespace rejoinder::service::load {

/// What a process has used so far, by the kernel's books.
struct process_usage {
    double cpu_seconds = 0;  ///< user and system, all threads
    double resident_kib = 0; ///< memory that belongs to it alone, or is shared and counted in full
};

/// Zeroes when there is no such process or `process` is 0.
process_usage read_usage(pid_t process);

/// How many cores are busy on this machine, with whatever runs, over a second. Blocks for it.
double measure_busy_cores();

/// Median of 200 appends of 4 KiB, each with fdatasync, to a file in the folder, in microseconds: the floor
/// under every durable commit there. The file is removed.
double measure_fdatasync(const std::string& folder);

} // namespace rejoinder::service::load
