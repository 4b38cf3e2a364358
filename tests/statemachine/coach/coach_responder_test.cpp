// The coach with somebody else to speak for it: what is asked, and what becomes of every kind of answer.

#include "tests/statemachine/coach/conversation.hpp"
#include "tests/statemachine/running_machine.hpp"
#include "tests/support/machine_document.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using statemachine::effect;

namespace {

struct consulting {
    running_machine machine{sample_machine("coach"), {{"session", {{"responder", true}}}}};

    /// What the responder is asked when the user has said this.
    json hear(const std::string& text) {
        machine.hear(text);
        REQUIRE_FALSE(machine.last.error);
        for (const auto& one : machine.last.effects)
            if (one.what == effect::kind::invoke) return one.data["input"];
        return nullptr;
    }

    void answer(const std::string& message, json actions = json::array()) {
        answer_with({{"message", message}, {"actions", std::move(actions)}});
    }
    void answer_with(json data) {
        machine.send("xstate.done.actor.mind", {{"output", {{"text", data.dump()}, {"data", data}}}});
        REQUIRE_FALSE(machine.last.error);
    }
    void fail(const std::string& code) {
        machine.send("xstate.error.actor.mind",
                     {{"error", {{"code", code}, {"message", "It did not work."}}}});
        REQUIRE_FALSE(machine.last.error);
    }
    json model() const { return machine.context().value("coach", json()); }
};

json action(const char* name, json parameters) {
    return {{"action", name}, {"parameters", std::move(parameters)}};
}

} // namespace

TEST_CASE("a responder is asked with the phase's prompt, the conversation and the phase's actions") {
    consulting coach;
    auto question = coach.hear("Hello");
    CHECK(coach.machine.state() == "thinking");
    CHECK(question["say"] == "Hello");
    auto prompt = question["prompt"].get<std::string>();
    CHECK(prompt.find("# Introduction") != std::string::npos);
    CHECK(prompt.find("somebody whose name you do not know") != std::string::npos);
    CHECK(prompt.find("\"guard\":\"consent\"") != std::string::npos);
    CHECK(prompt.find("note_statement") != std::string::npos);
    CHECK(prompt.find("create_identity") == std::string::npos);
    CHECK(question["schema"]["required"] == json{"message", "actions"});
    CHECK(question["messages"].empty());

    coach.answer("Welcome. May I keep your answers?");
    CHECK(coach.machine.state() == "introduction");
    CHECK(coach.machine.said() == std::vector<std::string>{"Welcome. May I keep your answers?"});
    CHECK_FALSE(coach.machine.context().contains("question"));

    question = coach.hear("yes");
    CHECK(question["messages"] ==
          json{{{"role", "user"}, {"content", "Hello"}},
               {{"role", "assistant"}, {"content", "Welcome. May I keep your answers?"}}});
    coach.answer("Thank you.", {action("note_statement", {{"statement", "consented"}}),
                                action("save_fact", {{"key", "name"}, {"value", "Ada"}})});
    prompt = coach.hear("I am Ada, and ready")["prompt"];
    CHECK(prompt.find("speaks with Ada.") != std::string::npos);
    coach.answer("Then let us begin.",
                 {action("note_statement", {{"statement", "ready"}}),
                  action("transition_phase", {{"to", "get_to_know_you"}, {"asked_for", nullptr}})});
    CHECK(coach.machine.state() == "get_to_know_you");
    CHECK(coach.hear("Go on")["prompt"].get<std::string>().find("# Getting to know each other") !=
          std::string::npos);
}

TEST_CASE("an answer that can't be used changes nothing, and the next turn asks again") {
    for (const auto& bad : {json(), json("text"), json::array(), json{{"message", ""}}, json{{"message", 7}},
                            json{{"message", std::string(5000, 'x')}, {"actions", json::array()}},
                            json{{"message", "Hi"}, {"actions", "none"}},
                            json{{"message", "Hi"}, {"actions", {action("dance", json::object())}}},
                            json{{"message", "Hi"},
                                 {"actions",
                                  {action("note_statement", {{"statement", "consented"}}),
                                   action("save_fact", {{"key", "name"}})}}}}) {
        CAPTURE(bad.dump());
        consulting coach;
        coach.hear("Hello");
        auto before = coach.model();
        coach.answer_with(bad);
        CHECK(coach.machine.state() == "introduction");
        REQUIRE(coach.machine.said().size() == 1);
        CHECK(coach.machine.said()[0] != "Hi");
        CHECK(coach.model() == before);
        CHECK_FALSE(coach.machine.context().contains("question"));
        auto question = coach.hear("Hello?");
        CHECK(question["say"] == "Hello?");
        CHECK(question["messages"].empty());
        coach.answer("Here I am.");
        CHECK(coach.machine.said()[0] == "Here I am.");
    }
}

TEST_CASE(
    "a responder that fails is excused, and changes nothing, and one that was cancelled is not spoken of") {
    for (const auto* code : {"responder.silent", "responder.malformed", "responder.refused",
                             "responder.overloaded", "responder.too_long", "responder.none", "timeout"}) {
        consulting coach;
        coach.hear("Hello");
        auto before = coach.model();
        coach.fail(code);
        CHECK(coach.machine.state() == "introduction");
        CHECK(coach.machine.said().size() == 1);
        CHECK(coach.model() == before);
        CHECK(coach.hear("Hello?").is_object());
    }
    consulting coach;
    coach.hear("Hello");
    coach.fail("cancelled");
    CHECK(coach.machine.said().empty());
    CHECK(coach.machine.state() == "introduction");
}

TEST_CASE("what was refused of an answer changes nothing, and the responder is told the next time") {
    consulting coach;
    coach.hear("Hello");
    coach.answer("Let us skip that.", {action("note_statement", {{"statement", "consented"}}),
                                       action("transition_phase", {{"to", "get_to_know_you"}})});
    CHECK(coach.machine.state() == "introduction");
    CHECK(coach.hear("well?")["prompt"].get<std::string>().find("\"guard\":\"ready\"") != std::string::npos);
    CHECK(coach.model()["refused"].size() == 1);
    coach.answer("Are you ready?");
    CHECK_FALSE(coach.model().contains("refused"));
}

TEST_CASE("a step that falls due behind a responder's answer is asked about, whatever was asked before") {
    consulting coach;
    coach.machine.inputs.now = from_unix(1'700'000'000'000);
    coach.hear("Hello");
    coach.answer("Shall we?", json::array({action("note_statement", {{"statement", "consented"}})}));
    auto context = coach.machine.context();
    context["coach"]["state"]["phase"] = "accountability";
    REQUIRE(coach.machine.now.context.set("/coach", context["coach"]));
    coach.hear("I want to call Mia and to sing");
    coach.answer("Good.", {action("create_action_item", {{"text", "call Mia"}, {"due_in_minutes", 1}}),
                           action("create_action_item", {{"text", "sing"}, {"due_in_minutes", 60}})});
    REQUIRE(coach.machine.now.timers.size() == 2);
    coach.machine.pass(std::chrono::minutes(2));
    CHECK(coach.machine.said().back().find("call Mia") != std::string::npos);
    coach.hear("I did.");
    coach.answer("Well done.");
    coach.machine.pass(std::chrono::hours(1));
    REQUIRE_FALSE(coach.machine.said().empty());
    CHECK(coach.model()["script"]["asked"] == "follow_up");
    CHECK(coach.machine.said().size() == 2); // a greeting, and the question
}

TEST_CASE("when the conversation gets long a summary is asked for, and takes the place of what is old") {
    consulting coach;
    json question;
    int turns = 0;
    do {
        question = coach.hear("turn " + std::to_string(turns));
        if (question["schema"]["required"].size() == 2) coach.answer("Yes.");
        REQUIRE(++turns < 30);
    } while (question["schema"]["required"].size() == 2);
    coach.answer_with({{"message", "Yes."}, {"actions", json::array()}, {"summary", "We counted turns."}});
    question = coach.hear("and now?");
    CHECK(question["schema"]["required"].size() == 2);
    CHECK(question["messages"].size() < 20);
    CHECK(question["prompt"].get<std::string>().find("We counted turns.") != std::string::npos);
}

TEST_CASE("a prompt that is missing, or reads what the coach does not know, is told with its place") {
    auto document = ordered_json::parse(sample_machine("coach"));
    auto hash = running_machine::load(document.dump()).hash();
    document["x-files"]["coach/accountability.md"] = "Another {{ context.coach.facts.name }} text.";
    CHECK(running_machine::load(document.dump()).hash() == hash); // texts may change under stored sessions

    document["x-files"]["coach/accountability.md"] = "{{ context.coach.mood }}";
    auto problems = statemachine::load_definition(document).problems;
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].pointer == "/x-files/coach~1accountability.md");
    CHECK(problems[0].message == "the coach knows no 'mood'");

    document["x-files"]["coach/accountability.md"] = "{{ weather.today }}";
    CHECK(statemachine::load_definition(document).problems.at(0).pointer ==
          "/x-files/coach~1accountability.md");

    document["x-files"].erase("coach/accountability.md");
    problems = statemachine::load_definition(document).problems;
    REQUIRE_FALSE(problems.empty());
    CHECK(problems[0].message == "there is no file 'coach/accountability.md' beside the machine");
    CHECK(problems[0].pointer.ends_with("/prompts/accountability/file"));
}
