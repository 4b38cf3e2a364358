#include "service/bench_usage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

namespace rejoinder::service {

process_usage read_usage(pid_t process) {
    process_usage usage;
    if (process <= 0) return usage;
    auto folder = "/proc/" + std::to_string(process);

    // The name in parentheses may hold anything: fields are counted from behind it (proc(5)).
    std::ifstream stat(folder + "/stat");
    std::string line;
    std::getline(stat, line);
    std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    usage.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));

    std::ifstream pages(folder + "/statm");
    double total = 0;
    double resident = 0;
    pages >> total >> resident;
    usage.resident_kib = resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
    return usage;
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

} // namespace rejoinder::service
