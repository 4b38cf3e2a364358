#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// Where a machine may read: a root and a JSON Pointer below it.
struct reference {
    enum class root { event, context, user, person, device, session, now };
    root from = root::event;
    std::string below; ///< JSON Pointer; empty: the root itself

    std::string pointer() const; ///< the whole way, `/user/name`
};

/// From `/user/name`. Nothing when the text is no JSON Pointer or begins at none of the roots.
std::optional<reference> parse_pointer_reference(std::string_view pointer);

/// From `user.name`, as templates write it, or a pointer.
std::optional<reference> parse_reference(std::string_view path);

/// Whether its value is not the machine's own and must be fetched before a step.
bool is_outside(reference::root root) noexcept;

/// The sentence for a text that is no reference.
std::string not_a_reference(std::string_view text);

} // namespace rejoinder::statemachine
