#include "statemachine/coach/action_schemas.hpp"

#include "statemachine/coach/model.hpp"

#include <initializer_list>
#include <utility>

namespace rejoinder::statemachine::coach::schemas {
namespace {

using members = std::initializer_list<std::pair<const char*, json>>;

/// An object of these members and no others.
json object(members required, members optional = {}) {
    json made = {{"type", "object"},
                 {"additionalProperties", false},
                 {"required", json::array()},
                 {"properties", json::object()}};
    for (const auto& [name, schema] : required) {
        made["required"].push_back(name);
        made["properties"][name] = schema;
    }
    for (const auto& [name, schema] : optional)
        made["properties"][name] = schema;
    return made;
}

json text_of(int least, int most) {
    return {{"type", "string"}, {"minLength", least}, {"maxLength", most}};
}
json id() {
    return text_of(1, 128); // or a name, which is shorter
}
json name() {
    return text_of(1, 120);
}
json text() {
    return text_of(1, 2000);
}
json minutes() {
    return {{"type", "integer"}, {"minimum", 1}, {"maximum", 5'256'000}}; // ten years
}

template <persistence::named_choice Choice>
json choice() {
    return {{"enum", persistence::names_of(Choice{})}};
}

} // namespace

json nothing() {
    return object({});
}
json one_identity() {
    return object({{"identity", id()}});
}
json one_category() {
    return object({{"category", choice<identity_category>()}});
}
json new_identity() {
    return object({{"category", choice<identity_category>()}, {"name", name()}}, {{"description", text()}});
}
json new_identities() {
    return object(
        {{"identities", {{"type", "array"}, {"minItems", 1}, {"maxItems", 20}, {"items", new_identity()}}}});
}
json changed_identity() {
    return object({{"identity", id()}}, {{"category", choice<identity_category>()},
                                         {"description", text()},
                                         {"i_am_statement", text()},
                                         {"visualization", text()}});
}
json renamed_identity() {
    return object({{"identity", id()}, {"name", name()}});
}
json refined_identity() {
    return object({{"identity", id()}}, {{"description", text()}});
}
json stated_identity() {
    return object({{"identity", id()}, {"i_am_statement", text()}});
}
json seen_identity() {
    return object({{"identity", id()}, {"visualization", text()}});
}
json noted_identity() {
    return object({{"identity", id()}, {"note", text()}});
}
json nested_identity() {
    return object({{"identity", id()}, {"parent", text_of(0, 128)}});
}
json combined_identities() {
    return object({{"keep", id()}, {"merge", id()}});
}
json list() {
    return object({{"items", {{"type", "array"}, {"maxItems", 100}, {"items", text_of(1, 200)}}}});
}
json statement() {
    return object({{"statement",
                    {{"enum",
                      {said::consented, said::ready, said::questions_declined, said::who_you_are_done,
                       said::who_you_want_to_be_done, said::overlaps_handled, said::nothing_missing,
                       said::summary_acknowledged}}}}});
}
json question() {
    return object({{"question", {{"enum", questions()}}}});
}
json move() {
    return object({{"to", choice<coach_phase>()}}, {{"asked_for", {{"type", "boolean"}}}});
}
json fact() {
    return object({{"key", {{"type", "string"}, {"pattern", "^[a-z0-9_]{1,64}$"}}}, {"value", text()}});
}
json new_note() {
    return object({{"note", text()}});
}
json changed_note() {
    return object({{"id", id()}, {"note", text()}});
}
json one_note() {
    return object({{"id", id()}});
}
json new_item() {
    return object({{"text", text()}}, {{"identity", id()}, {"due_in_minutes", minutes()}});
}
json changed_item() {
    return object({{"item", text()}}, {{"text", text()}, {"due_in_minutes", minutes()}});
}
json ended_item() {
    return object({{"item", text()}}, {{"outcome", {{"enum", {"done", "dropped"}}}}});
}

} // namespace rejoinder::statemachine::coach::schemas
