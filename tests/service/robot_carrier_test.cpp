#include "persistence/log.hpp"
#include "tests/service/robot_world.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

using delays = std::vector<milliseconds>;
constexpr milliseconds at_once(0);
constexpr milliseconds action(75);
constexpr milliseconds action_behind_redirect(125);

const std::string joke_answer = "LISTEN,EOS,SKILL_ACTION";

} // namespace

TEST_CASE("words are answered by LISTEN, EOS and speech 75 ms later, each with the robot's transID") {
    robot_world world;
    auto socket = world.call();
    CHECK(tell(world, *socket, listen("t-1")).types.empty());
    auto answer = tell(world, *socket, heard("t-1", "tell me a joke"));
    CHECK(answer.types == joke_answer);
    CHECK(answer.delays == delays{at_once, at_once, action});
    for (const auto& frame : answer.frames)
        CHECK(frame["transID"] == "t-1");

    const auto& understood = answer.frames.at(0)["data"];
    CHECK(understood["asr"]["text"] == "tell me a joke");
    CHECK(understood["nlu"]["intent"] == "joke");
    CHECK(understood["nlu"]["rules"] == json{"launch", "globals/global_commands_launch"});
    CHECK(understood["match"]["rule"] == "launch");
    CHECK(answer.spoken().size() > std::string("<speak></speak>").size());
}

TEST_CASE("a robot is sent to a skill of its own 75 ms after LISTEN, and silenced at 125 ms") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    auto answer = tell(world, *socket, heard("t-1", "what time is it"));
    CHECK(answer.types == "LISTEN,EOS,SKILL_REDIRECT,SKILL_ACTION");
    CHECK(answer.delays == delays{at_once, at_once, action, action_behind_redirect});
    CHECK(answer.frames.at(2)["data"]["match"]["skillID"] == "@be/clock");
    CHECK(answer.frames.at(2)["data"]["nlu"]["intent"] == "askForTime");
    CHECK(answer.spoken() == "<speak><break time='1ms'/></speak>");
}

TEST_CASE("a touch is confirmed with its intent, its entities and its rules, and nothing is said") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    json entities{{"destination", "fun"}, {"seconds", "null"}};
    auto answer = tell(world, *socket, touched("t-1", "loadMenu", entities));
    CHECK(answer.types == "LISTEN,EOS");
    const auto& understood = answer.frames.at(0)["data"];
    CHECK(understood["asr"]["text"] == "loadMenu");
    CHECK(understood["nlu"]["intent"] == "loadMenu");
    CHECK(understood["nlu"]["entities"] == entities);
    CHECK(understood["match"]["rule"] == "main-menu/go");
}

TEST_CASE("nothing is answered before the turn is durable, and the delays count from then") {
    robot_world world;
    converse(world, "t-0", "hello");
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    world.database.hold_commits();
    CHECK(tell(world, *socket, heard("t-1", "tell me a joke")).types.empty());
    world.env.advance(milliseconds(300));
    CHECK(world.database.held() == 1);
    CHECK(socket->waiting() == 0);

    world.database.release_commits();
    world.env.run_ready();
    auto answer = take_answer(world, *socket);
    CHECK(answer.types == joke_answer);
    CHECK(answer.delays == delays{at_once, at_once, action});
}

TEST_CASE("every input of a robot is a stored turn with the answer that it got") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    auto answer = tell(world, *socket, heard("t-1", "tell me a joke"));
    tell(world, *socket, touched("t-1", "loadMenu", json::object()));
    auto other = world.call("kitchen-2", "/v1/proactive");
    CHECK(tell(world, *other, triggered("t-2")).types.empty());

    auto turns = world.stored_turns();
    REQUIRE(turns.size() == 3);
    std::vector<std::string> ids;
    std::vector<json> inputs;
    for (const auto& turn : turns) {
        CHECK(turn.status == "done");
        CHECK(turn.device == device_id{"kitchen"});
        ids.push_back(turn.turn.text);
        inputs.push_back(json::parse(turn.input));
    }
    CHECK(ids == std::vector<std::string>{"t-1:t-1-CLIENT_ASR", "t-1:t-1-CLIENT_NLU", "t-2:t-2-TRIGGER"});
    CHECK(inputs.at(0)["event"]["data"]["text"] == "tell me a joke");
    CHECK(inputs.at(0)["heard"] == true);
    CHECK(inputs.at(0)["event"]["data"]["source"] == "text");
    CHECK(inputs.at(1)["event"]["type"] == "intent.loadMenu");
    CHECK(inputs.at(2)["event"]["type"] == "robot.trigger");

    auto batch = json::parse(turns.at(0).outcome)["batch"];
    REQUIRE(batch.size() == answer.frames.size());
    for (std::size_t i = 0; i < batch.size(); ++i)
        CHECK(batch[i]["frame"] == answer.frames[i]);
    CHECK(json::parse(turns.at(2).outcome)["batch"].empty());
}

TEST_CASE("a repeated turn gets the very same frames on any connection and happens once") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    auto first = tell(world, *socket, heard("t-1", "tell me a joke"));
    socket->vanish();
    for (int i = 0; i < 20; ++i)
        converse(world, "other-" + std::to_string(i), "hello");
    auto turns = world.stored_turns().size();

    SECTION("of the session that took it, long after it has forgotten") {}
    SECTION("of a server that was started anew") {
        world.restart();
    }
    SECTION("minutes later") {
        world.env.advance(std::chrono::minutes(10));
    }
    auto again = world.call("kitchen-2");
    tell(world, *again, listen("t-1"));
    auto second = tell(world, *again, heard("t-1", "tell me a joke"));
    CHECK(second.frames == first.frames);
    CHECK(second.delays == first.delays);
    CHECK(world.stored_turns().size() == turns);
}

TEST_CASE("a known id with other words is no repetition, and the robot is told so") {
    robot_world world;
    converse(world, "t-1", "tell me a joke");
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    CHECK(tell(world, *socket, heard("t-1", "what time is it")).types.empty());
    CHECK(socket->closed_by_server() == close_code::policy);
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("a conversation goes on across tokens, connections and starts of the server") {
    robot_world world;
    CHECK(converse(world, "t-1", "remember my name", "kitchen-1") == "<speak>What is your name?</speak>");
    SECTION("at once") {}
    SECTION("after the session was put away") {
        world.env.advance(world.limits.idle_deactivation * 2);
        CHECK(world.sessions->live_sessions() == 0);
    }
    SECTION("after a new start") {
        world.restart();
    }
    CHECK(converse(world, "t-2", "Ada", "kitchen-2") == "<speak>Nice to meet you, Ada.</speak>");
    CHECK(converse(world, "t-3", "what's my name", "kitchen-1") == "<speak>Your name is Ada.</speak>");
    world.restart();
    CHECK(converse(world, "t-4", "what's my name", "kitchen-2") == "<speak>Your name is Ada.</speak>");
    CHECK(world.stored_turns().size() == 4);
}

TEST_CASE("two devices share nothing, not even the ids of their turns") {
    robot_world world;
    converse(world, "t-1", "remember my name", "kitchen-1");
    converse(world, "t-2", "Ada", "kitchen-1");
    CHECK(converse(world, "t-2", "what's my name", "hall") == "<speak>What is your name?</speak>");
    CHECK(converse(world, "t-3", "Bo", "hall") == "<speak>Nice to meet you, Bo.</speak>");
    CHECK(converse(world, "t-4", "what's my name", "kitchen-2") == "<speak>Your name is Ada.</speak>");
    CHECK(world.stored_turns("kitchen").size() == 3);
    CHECK(world.stored_turns("hall").size() == 2);
}

TEST_CASE("connections that overlap feed one session, which is made once") {
    robot_world world;
    auto listening = world.call("kitchen-1", "/v1/listen");
    auto proactive = world.call("kitchen-2", "/v1/proactive");
    listening->say(listen("t-1"));
    proactive->say(triggered("t-2"));
    listening->say(heard("t-1", "tell me a joke"));
    proactive->say(surroundings("t-2"));
    world.env.run_ready();

    CHECK(take_answer(world, *listening).types == joke_answer);
    CHECK(proactive->waiting() == 0);
    CHECK(world.sessions->live_sessions() == 1);
    CHECK(world.stored_turns().size() == 2);
    CHECK(world.stored_context() == surroundings("t-2")["data"]);
}

TEST_CASE("a CONTEXT behind the answer is one commit, no reply, and what the device is known by") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "tell me a joke"));
    auto commits = world.database.commits();
    CHECK(tell(world, *socket, surroundings("t-1", "person-1")).types.empty());
    CHECK(world.database.commits() == commits + 1);
    CHECK(world.stored_context() == surroundings("t-1", "person-1")["data"]);
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("a robot that goes by another name stays the device of its token, and the log tells of it once") {
    robot_world world;
    captured_errors errors;
    log::set_level(log::level::info);
    auto socket = world.call();
    for (auto name : {"kitchen", "cellar", "cellar"}) {
        auto context = surroundings("t-1");
        context["data"]["runtime"]["loop"]["jibo"]["id"] = name;
        tell(world, *socket, context);
    }
    log::set_level(log::level::warning);
    log::warning("behind it");
    CHECK(errors.line() == "info robot_named_otherwise device=kitchen robot=cellar");
    CHECK(errors.line() == "warning behind it");
    CHECK(world.row("kitchen").device == device_id{"kitchen"});
}

TEST_CASE("a turn is taken and stored although its connection is cut before the answer") {
    robot_world world;
    auto socket = world.call();
    socket->say(listen("t-1"));
    socket->say(heard("t-1", "remember my name"));
    socket->vanish();
    world.env.run_ready();
    CHECK(world.stored_turns().size() == 1);
    CHECK(converse(world, "t-2", "Ada") == "<speak>Nice to meet you, Ada.</speak>");
}

TEST_CASE("when a turn can't be recorded the robot is hung up on, and its repetition happens once") {
    using persistence::errc;
    robot_world world;
    auto failure = GENERATE(errc::unavailable, errc::unknown_outcome);
    auto moment = GENERATE(fault::before_applying, fault::after_applying);
    if (failure == errc::unavailable && moment == fault::after_applying) return;
    converse(world, "t-1", "remember my name");
    world.database.fail_commit(failure, moment);
    auto socket = world.call();
    tell(world, *socket, listen("t-2"));
    CHECK(tell(world, *socket, heard("t-2", "Ada")).types.empty());
    CHECK(socket->closed_by_server() == close_code::commit_failed);
    socket->vanish();

    CHECK(converse(world, "t-2", "Ada") == "<speak>Nice to meet you, Ada.</speak>");
    CHECK(world.stored_turns().size() == 2);
}

TEST_CASE("a first turn that can't be recorded leaves no session behind, and its repetition makes one") {
    robot_world world;
    world.database.fail_commit(persistence::errc::unavailable);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    CHECK(tell(world, *socket, heard("t-1", "hello")).types.empty());
    CHECK(socket->closed_by_server() == close_code::commit_failed);
    CHECK_FALSE(converse(world, "t-1", "hello").empty());
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("a conversation whose machine has come to its end is followed by a new one") {
    auto machine = robot_world::sample();
    machine["states"]["gone"] = {{"type", "final"}};
    machine["on"]["intent.stop"] = {{"target", ".gone"}};
    robot_world world(machine);
    converse(world, "t-1", "remember my name");
    converse(world, "t-2", "Ada");
    auto former = world.row().id;
    converse(world, "t-3", "stop");
    CHECK(converse(world, "t-4", "what's my name") == "<speak>What is your name?</speak>");
    CHECK(world.row().id != former);
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("words behind those that end a conversation begin the next one") {
    auto machine = robot_world::sample();
    machine["states"]["gone"] = {{"type", "final"}};
    machine["on"]["intent.stop"] = {{"target", ".gone"}};
    robot_world world(machine);
    converse(world, "t-1", "remember my name");
    converse(world, "t-2", "Ada");
    auto former = world.row().id;
    world.database.hold_commits();
    auto socket = world.call();
    socket->say(heard("t-3", "stop"));
    socket->say(heard("t-4", "what's my name"));
    world.env.run_ready();
    world.database.release_commits();
    world.env.run_ready();
    auto answer = take_answer(world, *socket);
    CHECK_FALSE(socket->closed_by_server());
    CHECK(answer.spoken() == "<speak>What is your name?</speak>");
    CHECK(world.row().id != former);
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("a robot whose session can't begin is told to stop asking") {
    robot_world world;
    auto socket = world.call();
    world.database.fail_commit(persistence::errc::too_large);
    SECTION("when its words are the first") {}
    SECTION("when its CONTEXT is the first") {
        socket->say(surroundings("t-1"));
    }
    tell(world, *socket, heard("t-1", "hello"));
    CHECK(socket->closed_by_server() == close_code::policy);
}

TEST_CASE("a robot whose turn breaks its session is told to repeat it") {
    robot_world world;
    auto socket = world.call();
    world.database.break_commit();
    tell(world, *socket, heard("t-1", "hello"));
    CHECK(socket->closed_by_server() == close_code::commit_failed);
    auto again = world.call();
    CHECK(tell(world, *again, heard("t-1", "hello")).types == "LISTEN,EOS,SKILL_ACTION");
}

TEST_CASE("a CONTEXT that could not be stored is told to the operator") {
    robot_world world;
    converse(world, "t-0", "hello");
    captured_errors errors;
    log::warning("in front of it");
    while (errors.line() != "warning in front of it") {
    } // what was said before is still on its way
    world.database.fail_commit(persistence::errc::unavailable);
    auto socket = world.call();
    tell(world, *socket, surroundings("t-1", "person-1"));
    log::warning("behind it");
    CHECK(errors.line().starts_with("warning device_report_not_stored session="));
    CHECK(errors.line() == "warning behind it");
}
