#include "persistence/stores/preference_store.hpp"
#include "persistence/stores/record_types.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const user_ref ann{{"acme"}, "ann"};

} // namespace

TEST_CASE("a mode has its preset until the user has a profile of its own, which is made once") {
    contract_store store(EVERY_DATABASE_TYPE);
    preference_store preferences(*store.db, ann);
    auto first = store.env.run(preferences.load_profile(coach_mode::restaurant));
    REQUIRE(first);
    CHECK(first->revision == revision{});
    CHECK(first->value.constraints == preset(coach_mode::restaurant).constraints);

    std::vector<record_writes> rivals;
    for (int i = 0; i < 20; ++i) {
        auto own = first->value;
        own.preferences.push_back(std::to_string(i));
        rivals.push_back({*preferences.save_profile(own, first->revision)});
    }
    CHECK(winners(store, rivals) == 1);
    auto own = store.env.run(preferences.load_profile(coach_mode::restaurant));
    CHECK(own->revision > revision{});
    CHECK(own->value.preferences.size() == first->value.preferences.size() + 1);
    CHECK(own->value.constraints == first->value.constraints);
}

TEST_CASE("every mode has a preset that can be saved and read back as it is") {
    contract_store store(EVERY_DATABASE_TYPE);
    preference_store preferences(*store.db, ann);
    for (std::size_t i = 0; i < names_of(coach_mode{}).size(); ++i) {
        auto profile = preset(static_cast<coach_mode>(i));
        INFO(to_string(profile.mode));
        CHECK_FALSE(profile.constraints.empty());
        CHECK(std::ranges::none_of(profile.constraints,
                                   [](const auto& c) { return c.type == constraint_type::other; }));
        REQUIRE(commit(store, preferences.save_profile(profile, {})).committed());
        auto found = store.env.run(preferences.load_profile(profile.mode));
        REQUIRE(found);
        CHECK(found->value.preferences == profile.preferences);
        CHECK(found->value.constraints == profile.constraints);
    }
}

TEST_CASE("the active mode is the default one until another is chosen") {
    contract_store store(EVERY_DATABASE_TYPE);
    preference_store preferences(*store.db, ann);
    auto none = store.env.run(preferences.load_active());
    REQUIRE(none);
    CHECK(none->value.mode == coach_mode::default_mode);
    REQUIRE(commit(store, preferences.activate(coach_mode::mars, none->revision)).committed());
    CHECK(commit(store, preferences.activate(coach_mode::sol, none->revision)).error == errc::conflict);
    CHECK(store.env.run(preferences.load_active())->value.mode == coach_mode::mars);
}

TEST_CASE("a set of constraints is found by its name in any case and keeps everything it was given") {
    contract_store store(EVERY_DATABASE_TYPE);
    constraint_sets sets(*store.db, {"acme", "home", "", ""});
    constraint_set set;
    set.name = "Night's \"rules\"";
    set.priority = -4;
    set.applies_to = {coach_mode::earth, coach_mode::default_mode};
    for (const auto* text : {"time_window: 22:00-07:00; they sleep", "be kind", "device_restriction: r1, r2",
                             "max_risk: medium", "persona_mismatch: coach", "mode_transition: sol"})
        set.constraints.push_back(parse_constraint(text));
    set.constraints[0].suspended = true;
    set.constraints[0].roles = {"child"};
    set.constraints[0].severity = decision::require_confirmation;
    REQUIRE(commit(store, sets.save(set, {})).committed());
    auto other = set;
    other.name = "NIGHT'S \"RULES\"";
    CHECK(commit(store, sets.save(other, {})).error == errc::conflict);
    auto found = store.env.run(sets.load("night's \"rules\""));
    REQUIRE(found);
    CHECK(found->value.constraints == set.constraints);
    CHECK(found->value.applies_to == set.applies_to);
    CHECK(found->value.priority == -4);
    CHECK(store.env.run(sets.list("", 10))->records.size() == 1);
    CHECK(store.commit(sets.erase(*found)).committed());
    CHECK(store.env.run(sets.load(set.name)).error() == errc::not_found);

    set.constraints[2].devices.clear();
    CHECK(sets.save(set, {}).error().pointer == "/constraints/2/type");
}

TEST_CASE("the constraints of a mode are those of the sets that apply, by priority, and then the profile's") {
    auto profile = preset(coach_mode::default_mode);
    profile.constraints = {parse_constraint("max_risk: low; profile")};
    auto make = [](const char* text, int priority, std::vector<coach_mode> modes) {
        constraint_set set;
        set.name = text;
        set.priority = priority;
        set.applies_to = std::move(modes);
        set.constraints = {parse_constraint(std::string("max_risk: low; ") + text)};
        return set;
    };
    auto all =
        constraints_in(profile, {make("low", 1, {}), make("mars", 9, {coach_mode::mars}),
                                 make("high", 5, {coach_mode::default_mode}), make("also low", 1, {})});
    std::vector<std::string> order;
    for (const auto& one : all)
        order.push_back(one.reason);
    CHECK(order == std::vector<std::string>{"high", "also low", "low", "profile"});
}

TEST_CASE("constraints stored as texts are mended into objects, and none is dropped") {
    const auto* type = find_record_type("mode_profile");
    REQUIRE(type);
    record_id id{"mode_profile", ann.to_scope(), "mars"};
    json value{
        {"mode", "mars"},
        {"constraints", {"block_tool: web_search", {{"type", "max_risk"}, {"risk", "low"}}, "be kind"}}};
    auto problems = type->validate(id, value);
    CHECK(problems.size() == 2);
    auto result = type->sanitise(id, value);
    REQUIRE(result);
    json expected{{{"type", "block_tool"}, {"tool", "web_search"}},
                  {{"type", "max_risk"}, {"risk", "low"}},
                  {{"type", "other"}, {"reason", "be kind"}}};
    CHECK(result->value.at("constraints") == expected);
}

TEST_CASE("a mistake that has no single meaning is not lost behind many that have one") {
    const auto* type = find_record_type("mode_profile");
    REQUIRE(type);
    auto constraints = json::array();
    for (int i = 0; i < 99; ++i)
        constraints.push_back("be kind");
    constraints.push_back({{"type", "max_risk"}, {"risk", "low"}, {"persona", nullptr}, {"roles", {7}}});
    json value{{"mode", "mars"}, {"constraints", constraints}};
    CHECK_FALSE(type->sanitise({"mode_profile", ann.to_scope(), "mars"}, value));
}
