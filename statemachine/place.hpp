#pragma once

#include "persistence/json.hpp"

#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// A value in a machine's document, whose members are in the order of its text, together with the way to it,
/// so that whatever is wrong there can be pointed at. Refers to the document, which outlives it.
class place {
public:
    explicit place(const ordered_json& document) : value_(&document) {}

    const ordered_json& operator*() const noexcept { return *value_; }
    const ordered_json* operator->() const noexcept { return value_; }
    const std::string& pointer() const noexcept { return pointer_; }

    bool has(std::string_view name) const { return value_->is_object() && value_->contains(name); }

    /// A member that is there, or an array's element.
    place member(std::string_view name) const;
    place element(std::size_t index) const;

    /// Another value in this place: what is meant where a document leaves something out.
    place with(const ordered_json& instead) const { return {instead, pointer_}; }

private:
    place(const ordered_json& value, std::string pointer) : value_(&value), pointer_(std::move(pointer)) {}

    const ordered_json* value_;
    std::string pointer_;
};

/// A name as a token of a JSON Pointer.
std::string escape_token(std::string_view name);

} // namespace rejoinder::statemachine
