#include "persistence/document_members.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::persistence::members {
namespace {

/// Columns whose texts are JSON.
constexpr std::array json_columns{std::string_view("value"),    std::string_view("devices"),
                                  std::string_view("metadata"), std::string_view("state"),
                                  std::string_view("input"),    std::string_view("outcome"),
                                  std::string_view("events"),   std::string_view("messages")};

bool is_json_column(std::string_view name) {
    return std::ranges::find(json_columns, name) != json_columns.end();
}

} // namespace

std::string text_name(std::string_view name) {
    return std::string(name) + "_text";
}

void writing::member(const std::string& name, const std::string& text) {
    if (text.empty()) return;
    if (is_json_column(name))
        if (auto parsed = from_line(text); parsed && to_line(*parsed) == text) {
            into_[name] = std::move(*parsed);
            return;
        }
    into_[is_json_column(name) ? text_name(name) : name] = text;
}

void reading::member(const std::string& name, std::string& text) {
    if (const auto* found = is_json_column(name) ? take(name) : nullptr)
        text = to_line(*found);
    else if (const auto* plain = take(is_json_column(name) ? text_name(name) : name))
        get(*plain, text);
}

void reading::member(const std::string& name, utc_time& at) {
    std::int64_t number = 0;
    member(name, number);
    at = from_unix(number);
}

void reading::member(const std::string& name, std::optional<utc_time>& at) {
    const auto* found = take(name);
    std::int64_t number = 0;
    if (found && get(*found, number)) at = from_unix(number);
}

const document* reading::take(const std::string& name) {
    if (!from_.is_object()) return nullptr;
    auto found = from_.find(name);
    if (found == from_.end()) return nullptr;
    ++taken_;
    return &*found;
}

bool reading::get(const document& found, std::string& text) {
    if (!found.is_string()) return good_ = false;
    text = found.get_ref<const std::string&>();
    return true;
}

} // namespace rejoinder::persistence::members
