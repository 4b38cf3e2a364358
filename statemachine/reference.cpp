#include "statemachine/reference.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::statemachine {
namespace {

using root = reference::root;

constexpr std::array<std::pair<std::string_view, root>, 7> roots{{{"event", root::event},
                                                                  {"context", root::context},
                                                                  {"user", root::user},
                                                                  {"person", root::person},
                                                                  {"device", root::device},
                                                                  {"session", root::session},
                                                                  {"now", root::now}}};

/// How deep a machine reads and writes; deeper pointers are refused with the document.
constexpr std::ptrdiff_t max_tokens = 32;

bool is_well_formed(std::string_view pointer) {
    for (auto tilde = pointer.find('~'); tilde != std::string_view::npos;
         tilde = pointer.find('~', tilde + 1)) {
        if (tilde + 1 == pointer.size() || (pointer[tilde + 1] != '0' && pointer[tilde + 1] != '1'))
            return false;
    }
    return std::ranges::count(pointer, '/') <= max_tokens;
}

} // namespace

std::string reference::pointer() const {
    auto found = std::ranges::find(roots, from, &std::pair<std::string_view, root>::second);
    return '/' + std::string(found->first) + below;
}

std::optional<reference> parse_pointer_reference(std::string_view pointer) {
    if (!pointer.starts_with('/') || !is_well_formed(pointer)) return std::nullopt;
    pointer.remove_prefix(1);
    auto end = std::min(pointer.find('/'), pointer.size());
    auto found = std::ranges::find(roots, pointer.substr(0, end), &std::pair<std::string_view, root>::first);
    if (found == roots.end()) return std::nullopt;
    if (found->second == root::now && end != pointer.size()) return std::nullopt;
    return reference{found->second, std::string(pointer.substr(end))};
}

std::optional<reference> parse_reference(std::string_view path) {
    if (path.starts_with('/')) return parse_pointer_reference(path);
    if (path.empty() || path.front() == '.' || path.back() == '.' ||
        path.find("..") != std::string_view::npos || path.find('/') != std::string_view::npos)
        return std::nullopt;
    auto pointer = '/' + std::string(path);
    std::ranges::replace(pointer, '.', '/');
    return parse_pointer_reference(pointer);
}

bool is_outside(root root) noexcept {
    return root == root::user || root == root::person || root == root::device || root == root::session;
}

std::string not_a_reference(std::string_view text) {
    return "'" + std::string(text) +
           "' names no value: a machine reads below /event, /context, /user, /person, /device and /session, "
           "and /now";
}

} // namespace rejoinder::statemachine
