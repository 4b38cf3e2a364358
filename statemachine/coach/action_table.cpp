// The one table of the coach's actions: what each is called, takes, and in which phases it is allowed.

#include "statemachine/coach/action_kinds.hpp"
#include "statemachine/coach/action_schemas.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace rejoinder::statemachine::coach {
namespace {

constexpr phase_set in(coach_phase one) {
    return static_cast<phase_set>(1U << static_cast<unsigned>(one));
}
template <class... Phases>
constexpr phase_set in(coach_phase first, Phases... others) {
    return static_cast<phase_set>(in(first) | in(others...));
}
constexpr phase_set from_to(coach_phase first, coach_phase last) {
    phase_set set = 0;
    for (auto i = static_cast<int>(first); i <= static_cast<int>(last); ++i)
        set = static_cast<phase_set>(set | in(static_cast<coach_phase>(i)));
    return set;
}

using enum coach_phase;

constexpr auto everywhere = from_to(introduction, accountability);
constexpr auto after_introduction = from_to(get_to_know_you, accountability);
constexpr auto collecting = from_to(identity_brainstorming, anything_missing);
constexpr auto shaping = from_to(identity_brainstorming, identity_visualization);
constexpr auto dwelling = from_to(identity_refinement, accountability);
constexpr auto planning = in(action_planning, accountability);

constexpr auto coaching = concern::coaching;
constexpr auto topic = concern::topic;
constexpr auto aside = concern::aside;

constexpr auto kinds = std::to_array<action_kind>({
    {"create_identity", "a new identity, proposed", schemas::new_identity, collecting, coaching,
     create_identity},
    {"create_identities", "several new identities", schemas::new_identities, collecting, coaching,
     create_identities},
    {"update_identity", "what is written of an identity", schemas::changed_identity, shaping, coaching,
     update_identity},
    {"rename_identity", "another name", schemas::renamed_identity, shaping, coaching, rename_identity},
    {"archive_identity", "the user lets an identity go", schemas::one_identity, shaping, coaching,
     archive_identity},
    {"accept_identity", "proposed becomes accepted", schemas::one_identity, collecting, coaching,
     accept_identity},
    {"complete_refinement", "accepted becomes refinement_complete", schemas::refined_identity,
     in(identity_refinement, anything_missing), coaching, complete_refinement},
    {"complete_commitment", "the user commits to a refined identity", schemas::one_identity,
     in(identity_commitment), coaching, complete_commitment},
    {"complete_i_am", "the user's I am statement for an identity committed to", schemas::stated_identity,
     in(i_am_statement), coaching, complete_i_am},
    {"complete_visualization", "what the user sees when living as the identity", schemas::seen_identity,
     in(identity_visualization), coaching, complete_visualization},
    {"add_identity_note", "a note on an identity", schemas::noted_identity, shaping, coaching,
     add_identity_note},
    {"nest_identity", "an identity is part of another (parent empty: of none)", schemas::nested_identity,
     collecting, coaching, nest_identity},
    {"combine_identities", "two identities that are one: notes move to the first, the second is archived",
     schemas::combined_identities, collecting, coaching, combine_identities},
    {"set_current_identity", "the identity that is talked about", schemas::one_identity, dwelling, topic,
     set_current_identity},
    {"select_focus", "the category that is talked about", schemas::one_category, collecting, topic,
     select_focus},
    {"skip_category", "the user has nothing for a category", schemas::one_category,
     in(identity_brainstorming, brainstorming_review), coaching, skip_category},
    {"unskip_category", "the category is wanted after all", schemas::one_category,
     in(identity_brainstorming, brainstorming_review), coaching, unskip_category},
    {"update_who_you_are", "the whole list of who the user is today", schemas::list, in(identity_warm_up),
     coaching, update_who_you_are},
    {"update_who_you_want_to_be", "the whole list of who the user wants to be", schemas::list,
     in(identity_warm_up), coaching, update_who_you_want_to_be},
    {"mark_question", "a question was asked", schemas::question, in(get_to_know_you), topic, mark_question},
    {"note_statement", "the user has said what a phase waits for", schemas::statement,
     in(introduction, get_to_know_you, identity_warm_up, brainstorming_review, anything_missing,
        i_am_statement),
     coaching, note_statement},
    {"transition_phase", "the next phase, when this one is done; or, asked_for by the user, one before",
     schemas::move, everywhere, topic, transition_phase},
    {"save_fact", "something that the user has told", schemas::fact, everywhere, aside, save_fact},
    {"create_action_item", "something that the user sets out to do", schemas::new_item, planning, coaching,
     create_action_item},
    {"update_action_item", "another text or time for it", schemas::changed_item, planning, aside,
     update_action_item},
    {"complete_action_item", "it is done, or the user drops it", schemas::ended_item, planning, aside,
     complete_action_item},
    {"start_break", "the user rests, between two stages", schemas::nothing, after_introduction, topic,
     start_break},
    {"end_break", "the user goes on", schemas::nothing, after_introduction, aside, end_break},
    {"add_user_note", "a note for the user", schemas::new_note, everywhere, aside, add_user_note},
    {"update_user_note", "another text for a note", schemas::changed_note, everywhere, aside,
     update_user_note},
    {"delete_user_note", "a note is not wanted any more", schemas::one_note, everywhere, aside,
     delete_user_note},
});

constexpr auto names = [] {
    std::array<std::string_view, kinds.size()> all{};
    std::ranges::transform(kinds, all.begin(), &action_kind::name);
    return all;
}();

/// Endpoints that keep to a schema strictly want every member required: one that may be left out may be null.
json strict(json schema) {
    if (schema.contains("items")) schema["items"] = strict(schema["items"]);
    if (!schema.contains("properties")) return schema;
    auto required = schema["required"];
    for (auto& [name, part] : schema["properties"].items()) {
        part = strict(part);
        if (std::ranges::find(required, json(name)) != required.end()) continue;
        part = {{"anyOf", {part, {{"type", "null"}}}}};
        schema["required"].push_back(name);
    }
    return schema;
}

} // namespace

std::span<const action_kind> action_kinds() noexcept {
    return kinds;
}

const action_kind* find_action(std::string_view name) noexcept {
    const auto* found = std::ranges::find(kinds, name, &action_kind::name);
    return found == kinds.end() ? nullptr : found;
}

const json& schema_of(const action_kind& kind) {
    static const auto schemas = [] {
        std::map<std::string_view, json> all;
        for (const auto& one : kinds)
            all.emplace(one.name, one.schema());
        return all;
    }();
    return schemas.at(kind.name);
}

std::span<const std::string_view> action_names() {
    return names;
}

bool is_allowed(std::string_view action, coach_phase phase) {
    const auto* kind = find_action(action);
    return kind && (kind->phases & in(phase)) != 0;
}

std::string describe_actions(coach_phase phase) {
    std::string text;
    for (const auto& one : kinds)
        if (is_allowed(one.name, phase))
            text += "- " + std::string(one.name) + ": " + std::string(one.purpose) + "\n";
    return text;
}

json answer_schema(coach_phase phase, summing_up summary) {
    auto actions = json::array();
    for (const auto& one : kinds) {
        if (!is_allowed(one.name, phase)) continue;
        actions.push_back(
            {{"type", "object"},
             {"additionalProperties", false},
             {"required", {"action", "parameters"}},
             {"properties", {{"action", {{"const", one.name}}}, {"parameters", strict(schema_of(one))}}}});
    }
    json schema = {{"type", "object"},
                   {"additionalProperties", false},
                   {"required", {"message", "actions"}},
                   {"properties",
                    {{"message", {{"type", "string"}, {"minLength", 1}, {"maxLength", 2000}}},
                     {"actions", {{"type", "array"}, {"maxItems", 20}, {"items", {{"anyOf", actions}}}}}}}};
    if (summary == summing_up::wanted) {
        schema["required"].push_back("summary");
        schema["properties"]["summary"] = {{"type", "string"}, {"maxLength", 2000}};
    }
    return schema;
}

} // namespace rejoinder::statemachine::coach
