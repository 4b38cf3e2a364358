// What a robot's connection waits for: who is there, the end of a silence, the moment to hang up.

#include "tests/service/robot_world.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;
using websocket::close_code;

namespace {

constexpr milliseconds a_moment(1);

/// Brings the robot where it wants to see who is there.
void ask_who_is_there(robot_world& world) {
    CHECK(converse(world, "ask", "who am i") == "<speak>Let me have a look at you. Ready?</speak>");
}

/// The server closes in order after exactly this time.
void check_hang_up_after(robot_world& world, fake_socket& socket, milliseconds time) {
    world.env.advance(time - a_moment);
    CHECK_FALSE(socket.closed_by_server());
    world.env.advance(a_moment);
    CHECK(socket.closed_by_server() == close_code::normal);
}

const std::string seen = "<speak>I have seen you before, but I don&apos;t know your name.</speak>";
const std::string unseen = "<speak>I can&apos;t see who is speaking.</speak>";

} // namespace

TEST_CASE("a turn that depends on who is there waits for the CONTEXT behind it") {
    robot_world world;
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    CHECK(tell(world, *socket, heard("t-1", "ready")).types.empty());
    world.env.advance(milliseconds(900));
    CHECK(socket->waiting() == 0);
    auto answer = tell(world, *socket, surroundings("t-1", "person-1"));
    CHECK(answer.types == "LISTEN,EOS,SKILL_ACTION");
    CHECK(answer.spoken() == seen);
}

TEST_CASE("a turn that is recorded already gets its answer again without a wait for who is there") {
    robot_world world;
    auto first = world.call();
    auto answer = tell(world, *first, heard("t-1", "tell me a joke"));
    REQUIRE_FALSE(answer.types.empty());
    ask_who_is_there(world);
    bool reloaded = GENERATE(false, true);
    if (reloaded) {
        first.reset();
        world.restart();
    }
    auto again = world.call();
    CHECK(tell(world, *again, heard("t-1", "tell me a joke")).types == answer.types);
    // The conversation is where it was: it still wants to see who is there.
    auto next = world.call();
    CHECK(tell(world, *next, heard("t-2", "ready")).types.empty());
    CHECK(tell(world, *next, surroundings("t-2", "person-1")).spoken() == seen);
}

TEST_CASE("a CONTEXT of another transaction does not end the wait") {
    robot_world world;
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "ready"));
    auto other = world.call("kitchen-2", "/v1/proactive");
    tell(world, *other, surroundings("t-2", "person-2"));
    CHECK(socket->waiting() == 0);
    CHECK(tell(world, *socket, surroundings("t-1")).spoken() == unseen);
}

TEST_CASE("a CONTEXT that came before the words is not waited for again") {
    robot_world world;
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, surroundings("t-1", "person-1"));
    CHECK(tell(world, *socket, heard("t-1", "ready")).spoken() == seen);
}

TEST_CASE("a CONTEXT that comes while the session is looked up is heard before the words are answered") {
    robot_world world;
    ask_who_is_there(world);
    world.env.advance(world.limits.idle_deactivation * 2);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    world.database.hold_reads();
    tell(world, *socket, heard("t-1", "ready"));
    tell(world, *socket, surroundings("t-1", "person-1"));
    CHECK(socket->waiting() == 0);
    world.database.release_reads();
    world.env.run_ready();
    CHECK(take_answer(world, *socket).spoken() == seen);
}

TEST_CASE("without a CONTEXT a turn goes on after a second, with what was stored last") {
    robot_world world;
    bool known = GENERATE(false, true);
    if (known) {
        auto earlier = world.call();
        tell(world, *earlier, surroundings("t-0", "person-1"));
    }
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "ready"));
    world.env.advance(world.limits.presence_patience - a_moment);
    CHECK(socket->waiting() == 0);
    world.env.advance(a_moment);
    CHECK(take_answer(world, *socket).spoken() == (known ? seen : unseen));
}

TEST_CASE("turns behind one that waits keep their order, and it waits although its robot is gone") {
    robot_world world;
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "ready"));
    socket->vanish();
    auto next = world.call();
    tell(world, *next, listen("t-2"));
    CHECK(tell(world, *next, heard("t-2", "tell me a joke")).types.empty());
    world.env.advance(world.limits.presence_patience);
    CHECK(take_answer(world, *next).types == "LISTEN,EOS,SKILL_ACTION");
    auto turns = world.stored_turns();
    REQUIRE(turns.size() == 3);
    CHECK(turns.at(1).turn == turn_id{"t-1:t-1-CLIENT_ASR"});
    CHECK(turns.at(2).turn == turn_id{"t-2:t-2-CLIENT_ASR"});
}

TEST_CASE("audio in which nothing is heard is answered once, when the LISTEN's silence is over") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1", 6000));
    socket->say_audio(47);
    world.env.advance(milliseconds(1000));
    socket->say_audio(4200);
    world.env.advance(milliseconds(5000) - a_moment);
    CHECK(socket->waiting() == 0);
    world.env.advance(a_moment);
    CHECK(take_answer(world, *socket).types == "LISTEN,EOS");

    socket->say_audio(4200);
    world.env.advance(milliseconds(1900));
    CHECK(socket->waiting() == 0);
    CHECK(world.stored_turns().size() == 1);
}

TEST_CASE("words that come while the audio is heard leave nothing to be answered for its silence") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1", 500));
    socket->say_audio(47);
    CHECK(tell(world, *socket, heard("t-1", "tell me a joke")).types == "LISTEN,EOS,SKILL_ACTION");
    world.env.advance(milliseconds(1500));
    CHECK(socket->waiting() == 0);
}

TEST_CASE("the server hangs up two seconds after the last frame of the answer") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "tell me a joke"));
    auto end = milliseconds(75) + world.limits.robot_linger;
    SECTION("when nothing else comes") {}
    SECTION("when CONTEXT comes, which has no answer") {
        world.env.advance(milliseconds(50));
        end -= milliseconds(50);
        tell(world, *socket, surroundings("t-1"));
    }
    check_hang_up_after(world, *socket, end);
}

TEST_CASE("a TRIGGER that is answered with nothing is hung up on as well, with time for its CONTEXT") {
    robot_world world;
    auto socket = world.call("kitchen-1", "/v1/proactive");
    CHECK(tell(world, *socket, triggered("t-1")).types.empty());
    world.env.advance(milliseconds(900)); // the longest that was recorded
    tell(world, *socket, surroundings("t-1", "person-1"));
    check_hang_up_after(world, *socket, world.limits.robot_linger - milliseconds(900));
}

TEST_CASE("the server does not hang up while more is expected") {
    robot_world world;
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    tell(world, *socket, heard("t-1", "remember my name"));

    SECTION("audio, before its first frame and until its silence is over") {
        tell(world, *socket, listen("t-2", 5000));
        world.env.advance(milliseconds(4000));
        CHECK_FALSE(socket->closed_by_server());
        socket->say_audio(47);
        world.env.advance(milliseconds(5000));
        CHECK(take_answer(world, *socket).types.ends_with("LISTEN,EOS"));
        check_hang_up_after(world, *socket, world.limits.robot_linger);
    }
    SECTION("the commit of a turn") {
        world.database.hold_commits();
        tell(world, *socket, heard("t-2", "Ada"));
        world.env.advance(milliseconds(10000));
        CHECK_FALSE(socket->closed_by_server());
        world.database.release_commits();
        world.env.run_ready();
        CHECK(take_answer(world, *socket).spoken() == "<speak>Nice to meet you, Ada.</speak>");
    }
}

TEST_CASE("a text that is no frame closes with 1007, too much audio with 1009, a life of minutes with 1000") {
    robot_world world;
    auto socket = world.call();
    SECTION("no frame") {
        socket->say_text("{\"type\":");
        CHECK(socket->closed_by_server() == close_code::bad_payload);
    }
    SECTION("audio") {
        tell(world, *socket, listen("t-1"));
        for (int i = 0; i < 65; ++i)
            socket->say_audio(65000);
        CHECK(socket->closed_by_server() == close_code::too_big);
    }
    SECTION("life") {
        check_hang_up_after(world, *socket, std::chrono::minutes(3));
    }
}

TEST_CASE("a robot that sends more at once than a session takes is hung up on, and what was taken stands") {
    robot_world world;
    auto socket = world.call();
    for (int i = 0; i < 40; ++i)
        socket->say(heard("t-" + std::to_string(i % 16), "hello " + std::to_string(i)));
    world.env.run_ready();
    CHECK(socket->closed_by_server() == close_code::overloaded);
    auto turns = world.stored_turns();
    CHECK(turns.size() == world.limits.queued_turns);
    for (std::size_t i = 0; i < turns.size(); ++i)
        CHECK(json::parse(turns[i].input)["event"]["data"]["text"] == "hello " + std::to_string(i));
}

TEST_CASE("a turn waits for who is there also while it can't be told whether it is recorded") {
    robot_world world;
    ask_who_is_there(world);
    auto socket = world.call();
    tell(world, *socket, listen("t-1"));
    world.database.fail_reads(persistence::errc::unavailable);
    CHECK(tell(world, *socket, heard("t-1", "ready")).types.empty());
    CHECK_FALSE(socket->closed_by_server());
    world.database.mend_reads();
    CHECK(tell(world, *socket, surroundings("t-1", "person-1")).spoken() == seen);
}
