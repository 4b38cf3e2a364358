#include "service/metrics.hpp"

#include <charconv>

namespace rejoinder::service {
namespace {

/// The shortest text that is read as the same number.
void append_number(std::string& to, double value) {
    char digits[32];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

} // namespace

std::string to_prometheus(std::span<const metric> metrics) {
    std::string text;
    for (const auto& one : metrics) {
        text.append("# HELP ").append(one.name).append(" ").append(one.help).append("\n# TYPE ");
        text.append(one.name).append(one.what == metric::kind::gauge ? " gauge\n" : " counter\n");
        text.append(one.name).append(" ");
        append_number(text, one.value);
        text.append("\n");
    }
    return text;
}

} // namespace rejoinder::service
