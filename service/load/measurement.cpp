#include "service/load/measurement.hpp"

#include <algorithm>

namespace rejoinder::service::load {

double percentile(const std::vector<double>& sorted, double share) noexcept {
    if (sorted.empty()) return 0;
    auto place = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
    return sorted[std::min(sorted.size() - 1, place)];
}

measurement summarise(std::vector<double>& latencies, double seconds, double cpu_seconds) {
    measurement m;
    m.count = latencies.size();
    if (m.count == 0) return m;
    std::ranges::sort(latencies);
    m.per_second = static_cast<double>(m.count) / seconds;
    m.p50_ms = percentile(latencies, 0.5);
    m.p99_ms = percentile(latencies, 0.99);
    m.cpu_us = cpu_seconds * 1e6 / static_cast<double>(m.count);
    return m;
}

json to_json(const measurement& m) {
    return {{"count", m.count},   {"failures", m.failures}, {"per_second", m.per_second},
            {"p50_ms", m.p50_ms}, {"p99_ms", m.p99_ms},     {"cpu_us", m.cpu_us}};
}

} // namespace rejoinder::service::load
