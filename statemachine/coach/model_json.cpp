#include "statemachine/coach/model.hpp"

#include <array>

namespace rejoinder::statemachine::coach {
namespace {

template <class T>
json entry_json(const entry<T>& one) {
    auto made = to_record(one.value);
    made["id"] = one.id;
    if (one.revision != 0) made["revision"] = one.revision;
    return made;
}

template <class T>
entry<T> to_entry(json stored) {
    entry<T> made;
    made.id = stored.value("id", "");
    made.revision = stored.value("revision", std::uint64_t{0});
    stored.erase("id");
    stored.erase("revision");
    made.value = from_record<T>(stored);
    return made;
}

template <class T>
json entries_json(const std::vector<entry<T>>& all) {
    auto made = json::array();
    for (const auto& one : all)
        made.push_back(entry_json(one));
    return made;
}

template <class T>
void read_entries(const json& from, const char* member, std::vector<entry<T>>& into) {
    const auto* list = find_pointer(from, std::string("/") + member);
    if (!list || !list->is_array()) return;
    for (const auto& one : *list)
        if (one.is_object() && one.contains("id")) into.push_back(to_entry<T>(one));
}

json member(const json& of, const char* name) {
    return of.is_object() ? of.value(name, json()) : json();
}

} // namespace

std::span<const std::string_view> model_members() noexcept {
    static constexpr std::array<std::string_view, 12> names{
        "state", "state_revision", "window", "summary", "script", "refused",
        "head",  "identities",     "items",  "notes",   "break",  "facts"};
    return names;
}

json to_json(const model& of) {
    json made = {{"state", to_record(of.state)},
                 {"state_revision", of.state_revision},
                 {"head", of.head},
                 {"summary", of.summary},
                 {"script", of.script},
                 {"identities", entries_json(of.identities)},
                 {"items", entries_json(of.items)},
                 {"notes", entries_json(of.notes)},
                 {"facts", of.facts}};
    auto window = json::array();
    for (const auto& line : of.window)
        window.push_back({{"role", line.role}, {"content", line.content}});
    made["window"] = std::move(window);
    if (!of.refused.empty()) made["refused"] = of.refused;
    if (of.resting) made["break"] = entry_json(*of.resting);
    return made;
}

model to_model(const json& stored) try {
    model made;
    if (auto state = member(stored, "state"); state.is_object()) made.state = from_record<coach_state>(state);
    if (auto number = member(stored, "state_revision"); number.is_number_unsigned())
        made.state_revision = number;
    if (auto number = member(stored, "head"); number.is_number_unsigned()) made.head = number;
    if (auto text = member(stored, "summary"); text.is_string()) made.summary = text;
    if (auto script = member(stored, "script"); script.is_object()) made.script = std::move(script);
    if (auto refused = member(stored, "refused"); refused.is_array()) made.refused = std::move(refused);
    if (auto window = member(stored, "window"); window.is_array())
        for (const auto& line : window)
            made.window.push_back({line.at("role"), line.at("content")});
    read_entries(stored, "identities", made.identities);
    read_entries(stored, "items", made.items);
    read_entries(stored, "notes", made.notes);
    if (auto open = member(stored, "break"); open.is_object()) made.resting = to_entry<coach_break>(open);
    if (auto facts = member(stored, "facts"); facts.is_object())
        for (const auto& [name, value] : facts.items())
            if (value.is_string()) made.facts.emplace(name, value);
    return made;
} catch (const json::exception&) {
    return {};
}

} // namespace rejoinder::statemachine::coach
