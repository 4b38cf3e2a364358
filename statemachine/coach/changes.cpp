#include "statemachine/coach/changes.hpp"

#include "statemachine/letters.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

template <class T>
json change_of(const entry<T>* before, const entry<T>* after) {
    json change = {{"id", (before ? before : after)->id}, {"revision", before ? before->revision : 0}};
    if (before) change["before"] = to_record(before->value);
    if (after) change["after"] = to_record(after->value);
    return change;
}

/// Each entry that is new, gone or another than before.
template <class T>
json changes_of(const std::vector<entry<T>>& before, const std::vector<entry<T>>& after) {
    auto changes = json::array();
    for (const auto& one : after) {
        auto old = std::ranges::find(before, one.id, &entry<T>::id);
        const auto* known = old == before.end() ? nullptr : &*old;
        if (known && to_record(known->value) == to_record(one.value)) continue;
        changes.push_back(change_of(known, &one));
    }
    for (const auto& one : before)
        if (std::ranges::find(after, one.id, &entry<T>::id) == after.end())
            changes.push_back(change_of<T>(&one, nullptr));
    return changes;
}

json change_of_break(const model& before, const model& after) {
    const auto* old = before.resting ? &*before.resting : nullptr;
    const auto* now = after.resting ? &*after.resting : nullptr;
    if (!old && !now) return nullptr;
    if (old && now && old->id == now->id) return nullptr;
    return change_of<coach_break>(old, now);
}

/// As the store takes it: what was asked of a refused action may be anything at all, and the reason may
/// repeat it. The log is no reason for a turn to fail.
persistence::coach_action logged(const action_result& of) {
    constexpr std::size_t longest_parameters = 8 * 1024;
    constexpr std::size_t longest_summary = 1000;
    persistence::coach_action made;
    made.type = of.action;
    made.success = of.done();
    made.summary = cut(of.message, longest_summary);
    if (of.parameters.is_object() && to_text(of.parameters).size() <= longest_parameters)
        made.parameters = of.parameters;
    if (!objection_to(made).empty()) made.parameters = json::object();
    if (!objection_to(made).empty()) made.summary = "The reason can't be written down.";
    return made;
}

json log_of(const std::vector<action_result>& results, circumstances& in) {
    auto log = json::array();
    for (const auto& one : results) {
        auto made = logged(one);
        log.push_back({{"id", in.new_id()},
                       {"type", made.type},
                       {"parameters", made.parameters},
                       {"success", made.success},
                       {"summary", made.summary}});
    }
    return log;
}

/// Of a record behind a write; 0, which is nobody's, where it was created by that.
std::uint64_t revision_behind(std::uint64_t before) {
    return before == 0 ? 0 : before + 1;
}

/// Gives what was written its revision. False where something was created by that.
class counting {
public:
    explicit counting(const json& changes) : changes_(changes) {}

    void count(const char* list, auto& entries) {
        for (const auto& change : changes_[list]) {
            auto written = std::ranges::find(entries, change["id"].get_ref<const std::string&>(),
                                             [](const auto& one) -> const std::string& { return one.id; });
            if (written != entries.end()) count(change, written->revision);
        }
    }
    void count(const json& change, std::uint64_t& revision) {
        revision = revision_behind(change["revision"]);
        creates_ = creates_ || revision == 0;
    }
    bool creates() const noexcept { return creates_; }

private:
    const json& changes_;
    bool creates_ = false;
};

/// Of one record; null where nothing is left of both.
json joined_record(const json& earlier, json later) {
    later["revision"] = earlier["revision"];
    later.erase("before");
    if (earlier.contains("before")) later["before"] = earlier["before"];
    return later.contains("before") || later.contains("after") ? later : json();
}

json joined_records(json earlier, const json& later) {
    for (const auto& change : later) {
        auto before =
            std::ranges::find_if(earlier, [&](const json& one) { return one["id"] == change["id"]; });
        if (before == earlier.end()) {
            earlier.push_back(change);
            continue;
        }
        *before = joined_record(*before, change);
        if (before->is_null()) earlier.erase(before);
    }
    return earlier;
}

template <class T>
void take(const json& shared, const char* member, std::vector<entry<T>>& into) {
    into.clear();
    for (const auto& one : shared.value(member, json::array())) {
        entry<T> made;
        made.id = one.value("id", "");
        made.revision = one.value("revision", std::uint64_t{0});
        made.value = from_record<T>(one.value("value", json::object()));
        into.push_back(std::move(made));
    }
}

/// Items that have left the model have ended, and keep their records.
json without_forgotten(json changes) {
    std::erase_if(changes.get_ref<json::array_t&>(), [](const json& one) { return !one.contains("after"); });
    return changes;
}

} // namespace

void adopt(model& into, const json& shared) {
    if (!shared.is_object()) return;
    into.state_revision = shared.value("state_revision", into.state_revision);
    if (!shared.contains("identities")) return;
    into.head = shared.value("head", std::uint64_t{0});
    take(shared, "identities", into.identities);
    std::ranges::sort(into.identities, {},
                      [](const auto& one) { return std::pair(one.value.sort_order, one.id); });
    take(shared, "items", into.items);
    take(shared, "notes", into.notes);
    std::vector<entry<coach_break>> breaks;
    take(shared, "breaks", breaks);
    into.resting.reset();
    if (!breaks.empty()) into.resting = std::move(breaks.front());
    into.facts.clear();
    auto facts = shared.value("facts", json::object());
    for (const auto& [name, value] : facts.items())
        if (value.is_string()) into.facts.emplace(name, value);
    if (!into.find_identity(into.state.current_identity)) into.state.current_identity.clear();
}

json changes_between(const model& before, const model& after, const std::vector<action_result>& results,
                     circumstances& in) {
    json changes = {{"identities", changes_of(before.identities, after.identities)},
                    {"items", without_forgotten(changes_of(before.items, after.items))},
                    {"notes", changes_of(before.notes, after.notes)},
                    {"log", log_of(results, in)}};
    if (auto rest = change_of_break(before, after); !rest.is_null()) changes["break"] = std::move(rest);
    auto state = to_record(after.state);
    if (state != to_record(before.state)) {
        changes["state"] = {{"value", std::move(state)}, {"revision", before.state_revision}};
    }
    if (std::ranges::any_of(results, &action_result::done)) changes["head"] = before.head;
    // A head is a number, and no number is empty.
    bool nothing = std::ranges::all_of(changes, [](const json& part) { return part.empty(); });
    return nothing ? json() : changes;
}

void count_writes(model& of, const json& changes) {
    if (changes.is_null()) return;
    counting all(changes);
    all.count("identities", of.identities);
    all.count("items", of.items);
    all.count("notes", of.notes);
    if (changes.contains("break") && of.resting) all.count(changes["break"], of.resting->revision);
    if (changes.contains("state")) all.count(changes["state"], of.state_revision);
    if (changes.contains("head")) of.head = revision_behind(changes["head"]);
    if (all.creates()) of.head = 0;
}

json joined(json earlier, json later) {
    if (earlier.is_null() || later.is_null()) return earlier.is_null() ? later : earlier;
    for (const auto* list : {"identities", "items", "notes"})
        earlier[list] = joined_records(std::move(earlier[list]), later[list]);
    for (auto& one : later["log"])
        earlier["log"].push_back(std::move(one));
    if (later.contains("head") && !earlier.contains("head")) earlier["head"] = later["head"];
    if (later.contains("state")) {
        if (earlier.contains("state")) later["state"]["revision"] = earlier["state"]["revision"];
        earlier["state"] = std::move(later["state"]);
    }
    if (later.contains("break")) {
        auto rest = earlier.contains("break") ? joined_record(earlier["break"], std::move(later["break"]))
                                              : std::move(later["break"]);
        earlier["break"] = std::move(rest);
        if (earlier["break"].is_null()) earlier.erase("break");
    }
    return earlier;
}

} // namespace rejoinder::statemachine::coach
