#include "persistence/stores/constraint.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::persistence;

namespace {

constraint from_text(std::string_view text) {
    auto parsed = parse_constraint(text);
    INFO(text);
    CHECK(parsed.type != constraint_type::other);
    return parsed;
}

decision decide(const std::vector<constraint>& constraints, const proposed_action& proposed) {
    return evaluate(constraints, proposed).decision;
}

} // namespace

TEST_CASE("a time window holds up to its end, over midnight too") {
    struct row {
        int from, to, minute;
        bool holds;
    };
    for (const auto& [from, to, minute, holds] : std::vector<row>{{540, 1020, 539, false},
                                                                  {540, 1020, 540, true},
                                                                  {540, 1020, 1019, true},
                                                                  {540, 1020, 1020, false},
                                                                  {1320, 420, 1319, false},
                                                                  {1320, 420, 1320, true},
                                                                  {1320, 420, 1439, true},
                                                                  {1320, 420, 0, true},
                                                                  {1320, 420, 419, true},
                                                                  {1320, 420, 420, false},
                                                                  {60, 60, 60, true},
                                                                  {60, 60, 59, true},
                                                                  {0, 1439, 1439, false}}) {
        INFO(from << " to " << to << " at " << minute);
        CHECK(time_window{from, to}.holds(minute) == holds);
    }
}

TEST_CASE("every type of constraint forbids what it is about and nothing else") {
    struct row {
        const char* constraint;
        proposed_action forbidden;
        proposed_action allowed;
        decision verdict = decision::deny;
    };
    proposed_action search;
    search.tool = "web_search";
    proposed_action mail;
    mail.tool = "mail";
    mail.action = "send";
    auto at_risk = [](risk_level risk) {
        proposed_action p;
        p.risk = risk;
        return p;
    };
    auto towards = [](coach_mode mode) {
        proposed_action p;
        p.target_mode = mode;
        return p;
    };
    auto as = [](std::string persona) {
        proposed_action p;
        p.persona = std::move(persona);
        return p;
    };
    auto on = [](std::string device) {
        proposed_action p;
        p.device = std::move(device);
        return p;
    };
    auto at = [](int minute) {
        proposed_action p;
        p.minute_of_day = minute;
        return p;
    };
    for (const auto& [text, forbidden, allowed, verdict] : std::vector<row>{
             {"block_tool: web_search", search, mail},
             {"block_tool: *", search, {}},
             {"block_action: send", mail, search},
             {"max_risk: medium", at_risk(risk_level::high), at_risk(risk_level::medium)},
             {"require_confirmation: high", at_risk(risk_level::high), at_risk(risk_level::medium),
              decision::require_confirmation},
             {"require_confirmation: mail", mail, search, decision::require_confirmation},
             {"mode_transition: mars, sol", towards(coach_mode::sol), towards(coach_mode::earth)},
             {"mode_transition", towards(coach_mode::earth), towards(coach_mode::default_mode)},
             {"persona_mismatch: coach", as("pirate"), as("coach")},
             {"device_restriction: robot-1, robot-2", on("robot-3"), on("robot-2")},
             {"time_window: 22:00-07:00", at(23 * 60), at(12 * 60)},
         }) {
        INFO(text);
        std::vector<constraint> constraints{from_text(text)};
        CHECK(decide(constraints, forbidden) == verdict);
        CHECK(decide(constraints, allowed) == decision::allow);
    }
}

TEST_CASE("what narrows a constraint must all hold for it to apply") {
    auto narrowed = from_text("max_risk: low");
    narrowed.modes = {coach_mode::forge};
    narrowed.devices = {"robot-1"};
    narrowed.roles = {"child"};
    narrowed.tool = "oven";
    narrowed.window = time_window{1320, 420};
    proposed_action all;
    all.risk = risk_level::high;
    all.mode = coach_mode::forge;
    all.device = "robot-1";
    all.role = "child";
    all.tool = "oven";
    all.minute_of_day = 0;
    CHECK(decide({narrowed}, all) == decision::deny);
    for (auto change : std::vector<void (*)(proposed_action&)>{
             [](proposed_action& p) { p.mode = coach_mode::sol; }, [](proposed_action& p) { p.device = ""; },
             [](proposed_action& p) { p.role = "parent"; }, [](proposed_action& p) { p.tool = "radio"; },
             [](proposed_action& p) { p.minute_of_day = 720; }}) {
        auto other = all;
        change(other);
        CHECK(decide({narrowed}, other) == decision::allow);
    }
    narrowed.suspended = true;
    CHECK(decide({narrowed}, all) == decision::allow);
}

TEST_CASE("the strictest constraint wins in any order, and the first of equally strict ones is named") {
    auto ask = from_text("require_confirmation: low; ask me");
    auto refuse = from_text("block_tool: oven; too hot");
    auto refuse_too = from_text("max_risk: low; too risky");
    auto waved_through = from_text("block_tool: oven");
    waved_through.severity = decision::allow;
    proposed_action bake;
    bake.tool = "oven";
    bake.risk = risk_level::high;
    std::vector<constraint> all{waved_through, ask, refuse, refuse_too};
    CHECK(evaluate(all, bake).decision == decision::deny);
    CHECK(evaluate(all, bake).by == 2);
    CHECK(evaluate(all, bake).reason == "too hot");
    std::vector<constraint> reversed(all.rbegin(), all.rend());
    CHECK(evaluate(reversed, bake).decision == decision::deny);
    CHECK(evaluate(reversed, bake).reason == "too risky");
    std::vector<constraint> mild{waved_through, ask};
    CHECK(evaluate(mild, bake).decision == decision::require_confirmation);
    CHECK(evaluate(mild, bake).reason == "ask me");

    auto nothing = evaluate({}, bake);
    CHECK(nothing.decision == decision::allow);
    CHECK_FALSE(nothing.by);
    refuse.severity = decision::require_confirmation;
    CHECK(decide({refuse}, bake) == decision::require_confirmation);
    CHECK(evaluate(std::vector{from_text("block tool oven")}, bake).reason ==
          "a constraint of type block_tool");
}

TEST_CASE("a constraint written as a text is understood in several spellings") {
    CHECK(from_text("block_tool: web_search") == from_text("Block Tool web_search"));
    CHECK(from_text("max-risk: Medium") == from_text("MAX RISK medium"));
    CHECK(from_text("time window 22:00 - 07:00").window == time_window{1320, 420});
    CHECK(from_text("mode_transition: real estate, Sol").modes ==
          std::vector{coach_mode::real_estate, coach_mode::sol});
    CHECK(from_text("device_restriction: a , b,").devices == std::vector<std::string>{"a", "b"});
    CHECK(from_text("block_action: send; not to my boss").reason == "not to my boss");
    CHECK(from_text("require_confirmation").tool.empty());
}

TEST_CASE("a text that is no constraint stays as one that forbids nothing, whole") {
    for (const auto* text : {"be kind", "max_risk: enormous", "max_risk", "time_window: 25:00-07:00",
                             "block_tool", "blocktool: x", "block_toolbox", "time_window: 7-8; sleep",
                             "persona_mismatch:", "other: thing", "mode_transition: pluto", "ſ", ""}) {
        INFO(text);
        auto parsed = parse_constraint(text);
        CHECK(parsed.type == constraint_type::other);
        CHECK(parsed.reason == text);
        CHECK(decide({parsed}, {}) == decision::allow);
    }
    auto severe = parse_constraint("nothing at night");
    severe.severity = decision::deny;
    severe.window = time_window{1320, 420};
    CHECK(decide({severe}, {}) == decision::deny);
}
