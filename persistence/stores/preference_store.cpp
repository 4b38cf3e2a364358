#include "persistence/stores/preference_store.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_preferences = 100;
constexpr std::size_t most_constraints = 100;

/// A preset's preferences and constraints; in a table row the empty texts are none.
struct preset_row {
    std::array<std::string_view, 2> preferences;
    std::array<std::string_view, 2> constraints;
};

/// In the order of the modes.
constexpr auto presets = std::to_array<preset_row>({
    {{}, {"require_confirmation: critical"}},
    {{"warm and encouraging"}, {"require_confirmation: high"}},
    {{"brief and direct"}, {"require_confirmation: high"}},
    {{"calm and practical"}, {"require_confirmation: high"}},
    {{"curious, offers alternatives"}, {"max_risk: high", "require_confirmation: medium"}},
    {{"focused on making, no small talk"}, {"max_risk: high", "require_confirmation: high"}},
    {{"polite, short answers"}, {"max_risk: medium", "require_confirmation: payment"}},
    {{"precise about figures and sources"}, {"max_risk: medium", "require_confirmation: contract"}},
    {{"step by step"}, {"max_risk: high", "require_confirmation: medium"}},
});

} // namespace

void describe(record_walk& walk, mode_profile& value) {
    walk.choice("mode", value.mode);
    walk.texts("preferences", value.preferences, most_preferences, bounds::needed_text);
    walk.parts("constraints", value.constraints, most_constraints);
}

void describe(record_walk& walk, active_mode& value) {
    walk.choice("mode", value.mode);
}

void describe(record_walk& walk, constraint_set& value) {
    walk.line("name", value.name, bounds::name);
    walk.number("priority", value.priority, -1000, 1000);
    walk.choices("applies_to", value.applies_to);
    walk.parts("constraints", value.constraints, most_constraints);
}

std::string mode_profile::key() const {
    return std::string(to_string(mode));
}
std::string constraint_set::key() const {
    return fold_name(name);
}

mode_profile preset(coach_mode mode) {
    const auto& row = presets.at(static_cast<std::size_t>(mode));
    mode_profile profile;
    profile.mode = mode;
    for (auto preference : row.preferences)
        if (!preference.empty()) profile.preferences.emplace_back(preference);
    for (auto constraint : row.constraints)
        if (!constraint.empty()) profile.constraints.push_back(parse_constraint(constraint));
    return profile;
}

std::vector<constraint> constraints_in(const mode_profile& profile, std::vector<constraint_set> sets) {
    std::vector<constraint> all;
    std::ranges::sort(sets, {}, [](const auto& set) { return std::pair(-set.priority, set.key()); });
    for (auto& set : sets) {
        bool applies =
            set.applies_to.empty() || std::ranges::find(set.applies_to, profile.mode) != set.applies_to.end();
        if (applies) std::ranges::move(set.constraints, std::back_inserter(all));
    }
    std::ranges::copy(profile.constraints, std::back_inserter(all));
    return all;
}

preference_store::preference_store(database& db, const user_ref& user)
    : profiles_(db, user.to_scope()), active_(db, user.to_scope()) {}

task<result<stored<mode_profile>>> preference_store::load_profile(coach_mode mode) const {
    stored<mode_profile> unchanged;
    unchanged.value = preset(mode);
    unchanged.key = unchanged.value.key();
    auto reading = profiles_.load(unchanged.key);
    auto found = co_await std::move(reading);
    if (!found && found.error() == errc::not_found) co_return unchanged;
    co_return found;
}

checked<record_write> preference_store::save_profile(mode_profile profile, revision read) const {
    return profiles_.write(std::move(profile), read);
}

task<result<stored<active_mode>>> preference_store::load_active() const {
    stored<active_mode> none;
    none.key = active_mode::key();
    auto reading = active_.load(none.key);
    auto found = co_await std::move(reading);
    if (!found && found.error() == errc::not_found) co_return none;
    co_return found;
}

checked<record_write> preference_store::activate(coach_mode mode, revision read) const {
    return active_.write(active_mode{mode}, read);
}

constraint_sets::constraint_sets(database& db, const scope& owner) : sets_(db, owner) {}

task<result<stored<constraint_set>>> constraint_sets::load(std::string_view name) const {
    return sets_.load(fold_name(name));
}

task<result<page<constraint_set>>> constraint_sets::list(std::string after, std::size_t limit) const {
    return sets_.list("", std::move(after), limit);
}

checked<record_write> constraint_sets::save(constraint_set set, revision read) const {
    return sets_.write(std::move(set), read);
}

record_write constraint_sets::erase(const stored<constraint_set>& before) const {
    return sets_.erase(before.key, before.revision);
}

} // namespace rejoinder::persistence
