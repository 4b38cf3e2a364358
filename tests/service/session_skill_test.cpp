// Skills in sessions: durable coroutines whose frames live in process and whose journals are stored.

#include "statemachine/library.hpp"
#include "statemachine/skill/skill_context.hpp"
#include "tests/service/thinker.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::statemachine;
using namespace std::chrono_literals;

using heard = std::vector<std::string>;

namespace {

skill_task advise(skill_context& skill) {
    auto topic = co_await skill.ask("About what?");
    auto advice = co_await skill.call("responder", {{"said", topic.text}});
    skill.say(advice ? advice.data.value("text", std::string()) : "I can't: " + advice.code);
    auto lamp = co_await skill.tool("lamp");
    skill.remember("topic", topic.text);
    auto later = co_await skill.ask_yes_no(lamp ? "Lit. Shall I remind you?" : "Dark. Shall I remind you?");
    if (later == yes_or_no::yes) co_await skill.pause(30min);
    co_return "Remember " + topic.text + '.';
}

definition advising_machine() {
    static const bool installed_here = [] {
        install({{}, {}, {skill{"advise", 1, advise, {}, on_divergence::fail, {"never mind"}}}});
        return true;
    }();
    (void)installed_here;
    auto loaded = load_definition(ordered_json::parse(R"({
      "id": "worker", "version": 1, "initial": "ready", "states": {
        "ready": {"on": {"turn.text": "advising"}},
        "advising": {"invoke": {"src": "skill:advise", "id": "it",
          "onDone": {"target": "ready", "actions": {"type": "say", "params": {"text": "{{ event.output }}"}}},
          "onError": {"target": "ready", "actions": {"type": "say", "params": {"text": "{{ event.error.code }}"}}}}}
      }})"));
    if (!loaded.machine) throw std::runtime_error(loaded.problems.at(0).message);
    return *loaded.machine;
}

/// One thing that happens to a session, and what its client hears.
using moment = std::function<void(study&)>;

std::vector<moment> story() {
    auto turn = [](const std::string& id, std::uint64_t number, const std::string& text) -> moment {
        return [=](study& h) { h.say(house::turn(id, number, text)); };
    };
    return {
        turn("t-1", 1, "hello"),
        turn("t-2", 2, "the weather"),
        [](study& h) { h.mind.finish({{"text", "Take an umbrella."}}); },
        [](study& h) { h.say({{"type", "tool_result"}, {"call", "c7"}, {"ok", true}, {"data", nullptr}}); },
        turn("t-3", 3, "yes"),
        [](study& h) { h.env.advance(30min); }};
}

std::uint64_t last_seen(const heard& events, std::uint64_t before) {
    auto counts = [](const std::string& one) {
        return !one.starts_with("accepted") && !one.starts_with("rejected") && !one.starts_with("part");
    };
    return before + static_cast<std::uint64_t>(std::ranges::count_if(events, counts));
}

/// What the client hears in all of it; before each moment of `kills` the server dies and comes back.
std::vector<heard> play(const std::function<bool(std::size_t)>& kills) {
    study h(advising_machine());
    std::vector<heard> all;
    std::uint64_t seen = 1; // where the machine stands at first
    auto moments = story();
    for (std::size_t i = 0; i < moments.size(); ++i) {
        if (kills(i)) {
            h.socket->vanish();
            h.close();
            h.open();
            h.socket = h.connect();
            h.welcome = h.attach(*h.socket, house::resume(h.welcome, seen));
            CHECK(h.hear() == heard{});
        }
        moments[i](h);
        all.push_back(h.hear());
        seen = last_seen(all.back(), seen);
    }
    return all;
}

} // namespace

TEST_CASE("a session's skill asks, calls, uses a tool and sleeps, each wait a commit of its own") {
    auto all = play([](std::size_t) { return false; });
    CHECK(all.at(0) == heard{"accepted t-1 done", "ask t-1", "state advising", "turn.done t-1"});
    CHECK(all.at(1) == heard{"accepted t-2 parked", "state advising"});
    CHECK(all.at(2) == heard{"say Take an umbrella.", "tool lamp", "state advising"});
    CHECK(all.at(3) == heard{"ask t-2", "state advising", "turn.done t-2"});
    CHECK(all.at(4) == heard{"accepted t-3 done", "state advising", "turn.done t-3"});
    CHECK(all.at(5) == heard{"say Remember the weather.", "state ready"});
}

TEST_CASE(
    "a server that is killed before any moment of a skill, or before each, goes on as if it had not been") {
    auto whole = play([](std::size_t) { return false; });
    for (std::size_t at = 1; at < story().size(); ++at) {
        INFO("killed before moment " << at);
        CHECK(play([at](std::size_t i) { return i == at; }) == whole);
    }
    CHECK(play([](std::size_t i) { return i > 0; }) == whole);
}

TEST_CASE("a skill's call is made again under its key after a crash, and what came is kept once") {
    study h(advising_machine());
    h.say(house::turn("t-1", 1, "hello"));
    h.say(house::turn("t-2", 2, "the weather"));
    h.hear();
    auto key = h.mind.last().what.key;
    h.socket->vanish();
    h.close();
    h.open();
    h.socket = h.connect();
    h.welcome = h.attach(*h.socket, house::resume(h.welcome, 5));
    REQUIRE(h.mind.calls.size() == 2);
    CHECK(h.mind.last().what.key == key);
    h.mind.finish({{"text", "Take an umbrella."}});
    CHECK(h.hear() == heard{"say Take an umbrella.", "tool lamp", "state advising"});
    h.socket->vanish();
    h.close();
    h.open();
    h.socket = h.connect();
    h.welcome = h.attach(*h.socket, house::resume(h.welcome, 8));
    CHECK(h.mind.calls.size() == 2);
}

TEST_CASE("a commit that fails leaves the skill where it was") {
    study h(advising_machine());
    h.say(house::turn("t-1", 1, "hello"));
    h.hear();
    h.database.fail_commit(persistence::errc::unavailable);
    h.say(house::turn("t-2", 2, "never mind"));
    CHECK(h.hear() == heard{"rejected t-2 store.unavailable"});
    h.say(house::turn("t-3", 3, "the weather"));
    CHECK(h.hear() == heard{"accepted t-3 parked", "state advising"});
    CHECK(h.mind.last().what.input == json{{"said", "the weather"}});
}

TEST_CASE("a user who cancels a skill's turn leaves the skill its answer to that") {
    study h(advising_machine());
    h.say(house::turn("t-1", 1, "hello"));
    h.say(house::turn("t-2", 2, "the weather"));
    h.hear();
    h.say({{"type", "cancel"}, {"turn", "t-2"}});
    auto events = h.hear();
    REQUIRE_FALSE(events.empty());
    CHECK(events.front() == "say I can't: cancelled");
    CHECK(events.back() == "turn.failed t-2 cancelled");
}

TEST_CASE("a skill whose call was answered in vain hears so with the next turn") {
    study h(advising_machine());
    h.say(house::turn("t-1", 1, "hello"));
    h.say(house::turn("t-2", 2, "the weather"));
    h.hear();
    h.mind.finish({{"text", std::string(2 * 1024 * 1024, 'x')}}); // more than a step takes
    auto failed = h.hear();
    REQUIRE_FALSE(failed.empty());
    CHECK(failed.back().starts_with("turn.failed t-2"));
    h.say(house::turn("t-3", 3, "and now?"));
    auto events = h.hear();
    REQUIRE(events.size() > 1);
    CHECK(events[1] == "say I can't: lost");
}

TEST_CASE("a client can't say for the server that a skill's time is over") {
    study h(advising_machine());
    h.say(house::turn("t-1", 1, "hello"));
    h.hear();
    h.say({{"type", "turn"}, {"id", "t-2"}, {"number", 2}, {"input", {{"event", "skill.time.1.1"}}}});
    CHECK(h.hear() == heard{"rejected t-2 turn.reserved_event"});
}
