#include "service/load/process_usage.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <vector>

namespace rejoinder::service::load {
namespace {

/// Seconds that all cores have been busy since the machine was started (proc(5)).
double busy_seconds() {
    std::ifstream stat("/proc/stat");
    std::string cpu;
    double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, stolen = 0;
    stat >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> stolen;
    return (user + nice + system + irq + softirq + stolen) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

process_usage read_usage(pid_t process) {
    process_usage usage;
    if (process <= 0) return usage;
    // What /proc/PID/stat says in whole ticks, of which a short loop has few.
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) == 0 && ::clock_gettime(clock, &used) == 0)
        usage.cpu_seconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;

    std::ifstream pages("/proc/" + std::to_string(process) + "/statm");
    double total = 0;
    double resident = 0;
    pages >> total >> resident;
    usage.resident_kib = resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
    return usage;
}

double measure_busy_cores() {
    auto before = busy_seconds();
    auto begun = std::chrono::steady_clock::now();
    ::poll(nullptr, 0, 1000);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return (busy_seconds() - before) / took.count();
}

double measure_fdatasync(const std::string& folder) {
    auto file = folder + "/fdatasync";
    int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) return 0;
    std::vector<char> block(4096, 'x');
    std::vector<double> took;
    for (int i = 0; i < 200; ++i) {
        auto begun = std::chrono::steady_clock::now();
        if (::write(out, block.data(), block.size()) < 0 || ::fdatasync(out) != 0) break;
        took.push_back(
            std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
    }
    ::close(out);
    ::unlink(file.c_str());
    if (took.empty()) return 0;
    std::ranges::sort(took);
    return took[took.size() / 2];
}

} // namespace rejoinder::service::load
