// What `serve --record` writes of robots, and what is made of it.

#include "persistence/hash.hpp"
#include "service/recording/recording_database.hpp"
#include "service/replay/session_recording.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/robot_world.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>
#include <iterator>
#include <optional>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

using direction = recorded_message::direction;

/// Robots whose conversations are recorded from its making until `stop`.
class recorded_robots {
public:
    explicit recorded_robots(const json& machine = robot_world::sample()) : world(machine) { record(); }
    ~recorded_robots() { stop(); }

    /// Records from now on, as a server does that has started again.
    void record() {
        stop();
        recorder_ = std::make_unique<recorder>(folder_.path().string());
        database_.emplace(world.database, *recorder_, world.machines);
        world.sessions =
            std::make_unique<registry>(session_house{world.env, *database_, world.limits}, world.machines);
        world.recording = recorder_.get();
        world.open_gate();
    }

    /// Its recordings are complete when this returns.
    void stop() {
        world.close();
        world.recording = nullptr;
        database_.reset();
        recorder_.reset();
    }

    std::string text(const session_id& session) const {
        std::ifstream in(folder_.file(session.text + ".ndjson"));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string text() { return text(world.row().id); }

    std::vector<session_recording> read() { return read(world.row().id); }
    std::vector<session_recording> read(const session_id& session) {
        auto parts = read_session_recording("it", text(session));
        if (auto* wrong = std::get_if<recording_error>(&parts)) FAIL(wrong->message);
        return std::get<std::vector<session_recording>>(std::move(parts));
    }

    robot_world world;

private:
    temporary_folder folder_;
    std::unique_ptr<recorder> recorder_;
    std::optional<recording_database> database_;
};

/// What passed over all connections, as `in LISTEN`, `in audio`, `out EOS`, `closed`.
std::vector<std::string> passed(const std::vector<session_recording>& parts) {
    std::vector<std::string> all;
    for (const auto& part : parts)
        for (const auto& frame : part.frames) {
            bool audio = frame.what.is_object() && frame.what.contains("audio");
            if (frame.way == direction::closed)
                all.emplace_back("closed");
            else
                all.push_back((frame.way == direction::in ? "in " : "out ") +
                              (audio ? "audio" : frame.what.value("type", "?")));
        }
    return all;
}

/// Makes all parts again; how many frames were compared.
std::size_t made_again(const std::vector<session_recording>& parts, const robot_world& world) {
    std::size_t frames = 0;
    for (const auto& part : parts) {
        auto report = retaken(part, *world.machines.find("robot"));
        CHECK(report.passed());
        CHECK(part.lost == 0);
        frames += report.frames;
    }
    return frames;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("P10: a robot's talk that was recorded, made again, gives the frames that the robot was sent") {
    recorded_robots r;
    CHECK_FALSE(converse(r.world, "t-1", "hello").empty());
    CHECK_FALSE(converse(r.world, "t-2", "tell me a joke").empty());
    r.stop();
    auto parts = r.read();
    const names turn{"in LISTEN", "in CLIENT_ASR", "out LISTEN", "out EOS", "out SKILL_ACTION", "closed"};
    auto both = turn;
    both.insert(both.end(), turn.begin(), turn.end());
    CHECK(passed(parts) == both);
    CHECK(made_again(parts, r.world) == 6);
}

TEST_CASE("of a robot's audio its length and its digest are recorded, and nothing of itself") {
    recorded_robots r;
    auto socket = r.world.call();
    tell(r.world, *socket, listen("t-1"));
    std::string sound = "mark-of-voice " + std::string(4000, '\7');
    socket->handler().on_binary(sound);
    tell(r.world, *socket, heard("t-1", "hello"));
    socket.reset();
    r.stop();
    CHECK(r.text().find("mark-of-voice") == std::string::npos);
    auto parts = r.read();
    CHECK(passed(parts).at(1) == "in audio");
    CHECK(parts.at(0).frames.at(1).what == json({{"audio", sound.size()}, {"sha256", sha256_hex(sound)}}));
    made_again(parts, r.world);
}

TEST_CASE("minutes of audio in front of what a robot asks first leave its beginning in the recording") {
    recorded_robots r;
    auto socket = r.world.call();
    tell(r.world, *socket, listen("t-1", 60'000));
    for (int second = 0; second < 50; ++second) {
        r.world.env.advance(seconds(1));
        for (int i = 0; i < 4; ++i)
            socket->say_audio(4200);
    }
    tell(r.world, *socket, heard("t-1", "hello"));
    socket.reset();
    r.stop();
    auto frames = passed(r.read());
    CHECK(frames.front() == "in LISTEN");
    CHECK(std::ranges::count(frames, "in audio") == 200);
}

TEST_CASE("a robot that is cut off before its answer is recorded all the same, in any part of its talk") {
    recorded_robots r;
    auto cut_off = [&](const std::string& transaction) {
        auto socket = r.world.call();
        socket->say(listen(transaction));
        socket->say(heard(transaction, "hello"));
        socket->vanish();
        r.world.env.run_ready();
    };
    cut_off("t-1");
    cut_off("t-2");
    r.record(); // the session is known, and not yet to this recorder
    cut_off("t-3");
    r.stop();
    auto parts = r.read();
    const names turn{"in LISTEN", "in CLIENT_ASR", "closed"};
    names all;
    for (int i = 0; i < 3; ++i)
        all.insert(all.end(), turn.begin(), turn.end());
    CHECK(passed(parts) == all);
    made_again(parts, r.world);
}

TEST_CASE("no secret that a robot sends is in its recording, and of frames that nobody knows nothing is") {
    recorded_robots r;
    auto socket = r.world.call();
    auto frame = listen("t-1");
    frame["data"]["hubToken"] = "mark-of-hub";
    frame["data"]["more"] = json::array({{{"Authorization", "mark-of-header"}, {"token", "mark-of-token"}}});
    socket->say(frame);
    socket->say(robot_frame("HELLO", "t-1", {{"key", "mark-of-key"}}));
    tell(r.world, *socket, heard("t-1", "hello"));
    socket.reset();
    r.stop();
    auto text = r.text();
    CHECK(text.find("mark-of-") == std::string::npos);
    CHECK(text.find("<redacted>") != std::string::npos);
    CHECK(text.find("kitchen-1") == std::string::npos);
    CHECK(passed(r.read()).at(1) == "in <unknown>");
}

TEST_CASE("a robot's frame that is another one than its turn was answered with is told with both sides") {
    recorded_robots r;
    converse(r.world, "t-1", "dance");
    r.stop();
    auto part = r.read().at(0);
    auto spoken = std::ranges::find_if(part.frames, [](const recorded_message& frame) {
        return frame.what.is_object() && frame.what.value("type", "") == "SKILL_ACTION";
    });
    REQUIRE(spoken != part.frames.end());
    SECTION("in what it says") {
        spoken->what["data"]["final"] = "mark";
        auto report = retake(part, *r.world.machines.find("robot"));
        REQUIRE(report.differs);
        CHECK(report.differs->what == "frame");
        CHECK(report.differs->recorded.find("mark") != std::string::npos);
        CHECK(report.differs->ours.find("practising") != std::string::npos);
    }
    SECTION("in that nobody asked for it") {
        spoken->what["transID"] = "t-9";
        auto report = retake(part, *r.world.machines.find("robot"));
        REQUIRE(report.differs);
        CHECK(report.differs->ours.find("no commit has made it") != std::string::npos);
    }
}

TEST_CASE("a connection that outlives its dialogue goes on in the recording of the next one") {
    auto brief = json::parse(R"({"id": "robot", "version": 1, "initial": "open", "states": {
        "open": {"on": {"intent.chat": [{"guard": {"type": "matches", "params": {"any": ["bye"]}},
                                         "target": "over",
                                         "actions": {"type": "say", "params": {"text": "Bye."}}},
                                        {"actions": {"type": "say", "params": {"text": "Yes?"}}}]}},
        "over": {"type": "final"}}})");
    recorded_robots r(brief);
    auto socket = r.world.call();
    tell(r.world, *socket, listen("t-1"));
    tell(r.world, *socket, heard("t-1", "bye"));
    auto first = r.world.row().id;
    tell(r.world, *socket, listen("t-2"));
    tell(r.world, *socket, heard("t-2", "anybody"));
    auto second = r.world.row().id;
    REQUIRE(first != second);
    socket.reset();
    r.stop();
    // That it is the next one's is known when the question has come.
    CHECK(passed(r.read(first)) == names{"in LISTEN", "in CLIENT_ASR", "out LISTEN", "out EOS",
                                         "out SKILL_ACTION", "in LISTEN", "in CLIENT_ASR", "closed"});
    CHECK(passed(r.read(second)) == names{"out LISTEN", "out EOS", "out SKILL_ACTION", "closed"});
    CHECK(r.text(first).find("\"closed\":1000") != std::string::npos);
    CHECK(r.text(second).find("\"closed\":1006") != std::string::npos);
}
