// What the user keeps: facts, notes, and what the user has set out to do.

#include "statemachine/coach/action_kinds.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

using persistence::action_status;

std::optional<utc_time> due_in(const json& parameters, utc_time now) {
    if (!parameters.contains("due_in_minutes")) return std::nullopt;
    return now + std::chrono::minutes(parameters["due_in_minutes"].get<int>());
}

json item_data(const entry<action_item>& item) {
    json data = {{"id", item.id}, {"text", item.value.text}};
    if (item.value.due) data["due"] = to_unix(*item.value.due);
    return data;
}

/// Of items that have ended the oldest leaves the model; its record stays.
bool make_room_for_item(model& of) {
    if (of.items.size() < model::max_items) return true;
    auto ended = std::ranges::find_if(
        of.items, [](const auto& one) { return one.value.status != action_status::open; });
    if (ended == of.items.end()) return false;
    of.items.erase(ended);
    return true;
}

outcome no_item() {
    return refused("not_found", "The user has no such action item.");
}

outcome no_note() {
    return refused("not_found", "The user has no such note.");
}

} // namespace

outcome save_fact(model& of, const json& parameters, circumstances&) {
    const auto& key = parameters["key"].get_ref<const std::string&>();
    if (!of.facts.contains(key) && of.facts.size() >= model::max_facts)
        return refused("too_many", "No more facts can be kept.");
    of.facts[key] = parameters["value"];
    return done("The fact is kept.", {{"key", key}});
}

outcome add_user_note(model& of, const json& parameters, circumstances& in) {
    if (of.notes.size() >= model::max_notes) return refused("too_many", "No more notes can be kept.");
    user_note note{parameters["note"], {}};
    if (auto why = objection_to(note); !why.empty()) return refused("invalid", why);
    of.notes.push_back({in.new_id(), std::move(note)});
    return done("The note is kept.", {{"id", of.notes.back().id}});
}

outcome update_user_note(model& of, const json& parameters, circumstances&) {
    auto* note = of.find_note(parameters["id"].get_ref<const std::string&>());
    if (!note) return no_note();
    note->value.note = parameters["note"];
    if (auto why = objection_to(note->value); !why.empty()) return refused("invalid", why);
    return done("The note is changed.", {{"id", note->id}});
}

outcome delete_user_note(model& of, const json& parameters, circumstances&) {
    auto id = parameters["id"].get<std::string>();
    if (!of.find_note(id)) return no_note();
    std::erase_if(of.notes, [&](const auto& one) { return one.id == id; });
    return done("The note is deleted.", {{"id", std::move(id)}});
}

outcome create_action_item(model& of, const json& parameters, circumstances& in) {
    if (!make_room_for_item(of)) return refused("too_many", "No more action items can be kept.");
    action_item item;
    item.text = parameters["text"];
    item.due = due_in(parameters, in.now);
    if (parameters.contains("identity")) {
        const auto* identity = of.find_identity(parameters["identity"].get_ref<const std::string&>());
        if (!identity) return refused("not_found", "The user has no such identity.");
        item.identity = identity->id;
    }
    if (auto why = objection_to(item); !why.empty()) return refused("invalid", why);
    of.items.push_back({in.new_id(), std::move(item)});
    return done("The action item is kept.", item_data(of.items.back()));
}

outcome update_action_item(model& of, const json& parameters, circumstances& in) {
    auto* item = of.find_item(parameters["item"].get_ref<const std::string&>());
    if (!item || item->value.status != action_status::open) return no_item();
    if (parameters.contains("text")) item->value.text = parameters["text"];
    if (auto due = due_in(parameters, in.now)) item->value.due = due;
    if (auto why = objection_to(item->value); !why.empty()) return refused("invalid", why);
    return done("The action item is changed.", item_data(*item));
}

outcome complete_action_item(model& of, const json& parameters, circumstances& in) {
    auto* item = of.find_item(parameters["item"].get_ref<const std::string&>());
    if (!item) return no_item();
    auto status =
        parameters.value("outcome", "done") == "done" ? action_status::done : action_status::dropped;
    if (item->value.status != action_status::open)
        return item->value.status == status ? done("It has ended already.", item_data(*item)) : no_item();
    item->value.status = status;
    if (status == action_status::done) item->value.completed = in.now;
    return done(status == action_status::done ? "Done." : "Dropped.", item_data(*item));
}

} // namespace rejoinder::statemachine::coach
