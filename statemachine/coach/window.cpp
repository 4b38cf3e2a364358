#include "statemachine/coach/window.hpp"

#include "statemachine/letters.hpp"

#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

std::size_t bytes_in(const model& of) noexcept {
    std::size_t bytes = 0;
    for (const auto& line : of.window)
        bytes += line.content.size();
    return bytes;
}

void add(model& of, const char* role, const std::string& text) {
    constexpr std::size_t longest_line = 2000;
    if (text.empty()) return;
    of.window.push_back({role, std::string(cut(text, longest_line))});
    while (of.window.size() > window_lines || bytes_in(of) > window_bytes)
        of.window.pop_front();
}

} // namespace

void hear(model& of, const std::string& text) {
    add(of, "user", text);
}

void answer_with(model& of, const std::string& text) {
    add(of, "assistant", text);
}

bool wants_summary(const model& of) noexcept {
    return of.window.size() + 4 > window_lines || bytes_in(of) > window_bytes * 3 / 4;
}

void consolidate(model& of, std::string_view summary) {
    constexpr std::size_t longest_summary = 2000;
    of.summary = cut(summary, longest_summary);
    of.window.erase(of.window.begin(), of.window.begin() + static_cast<std::ptrdiff_t>(of.window.size() / 2));
}

} // namespace rejoinder::statemachine::coach
