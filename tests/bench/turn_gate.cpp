#include "tests/bench/turn_gate.hpp"

#include <charconv>
#include <cmath>

namespace rejoinder::bench {
namespace {

constexpr double bound = 1.15;

std::string sentence_of(std::size_t sessions, double before, double now) {
    auto tenths = [](double us) { return to_text(std::round(us * 10) / 10); };
    return "a turn with " + std::to_string(sessions) + " sessions takes " + tenths(now) +
           " us of CPU instead of " + tenths(before);
}

} // namespace

gate_verdict compare(const cpu_by_sessions& before, const cpu_by_sessions& now) {
    gate_verdict verdict{"", before};
    for (const auto& [sessions, cpu] : now) {
        auto former = before.find(sessions);
        if (former == before.end() || cpu <= former->second * bound) {
            verdict.next[sessions] = cpu;
            continue;
        }
        verdict.regression += verdict.regression.empty() ? "" : ", ";
        verdict.regression += sentence_of(sessions, former->second, cpu);
    }
    return verdict;
}

json to_json(const cpu_by_sessions& figures) {
    auto made = json::object();
    for (const auto& [sessions, cpu] : figures)
        made[std::to_string(sessions)] = cpu;
    return made;
}

cpu_by_sessions read_gate(const json& stored) {
    cpu_by_sessions figures;
    if (!stored.is_object()) return figures;
    for (const auto& [key, cpu] : stored.items()) {
        std::size_t sessions = 0;
        auto end = key.data() + key.size();
        if (std::from_chars(key.data(), end, sessions).ptr != end || !cpu.is_number()) continue;
        if (cpu.get<double>() > 0) figures[sessions] = cpu.get<double>();
    }
    return figures;
}

} // namespace rejoinder::bench
