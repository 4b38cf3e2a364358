#include "service/recording/recorder.hpp"

#include "persistence/log.hpp"
#include "service/recording/recorded_handler.hpp"
#include "service/recording/recording_database.hpp"
#include "service/replay/retake.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/talk.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

/// A house whose sessions are recorded from `record` until `stop`.
class recorded_house {
public:
    ~recorded_house() { stop(); }

    void record(recording_bounds bounds = {}) {
        h.close();
        recorder_ = std::make_unique<recorder>(folder_.path().string(), bounds);
        database_.emplace(h.database, *recorder_, h.machines);
        h.sessions = std::make_unique<registry>(session_house{h.env, *database_, h.limits}, h.machines);
    }

    /// Its recordings are complete when this returns.
    void stop() {
        h.close();
        database_.reset();
        recorder_.reset();
    }

    std::unique_ptr<fake_socket> connect() {
        auto& shared =
            h.endpoints.emplace_back(endpoint_house{h.env, *h.sessions, h.limits, nobody_, h.strangers,
                                                    h.attempts, h.unattached, h.attached, h.tasks});
        auto endpoint = std::make_unique<session_endpoint>(shared, "192.0.2.1");
        auto notes = std::make_shared<connection_notes>(h.env, *recorder_, message_form::session_frame,
                                                        connection_notes::bounds());
        return std::make_unique<fake_socket>(
            h.env, std::make_unique<recorded_handler>(std::move(notes), recorded_handler::named_by::welcome,
                                                      std::move(endpoint)));
    }

    /// Comes, takes a turn and is cut off; the welcome.
    json visit(const json& hello, const std::string& turn, std::uint64_t number) {
        auto socket = connect();
        auto welcome = h.attach(*socket, hello);
        socket->say(house::turn(turn, number, "hi"));
        h.env.run_ready();
        says(*socket);
        return welcome;
    }

    std::string file(const json& welcome) const {
        return folder_.file(welcome.at("session").get<std::string>() + ".ndjson");
    }

    /// Waits until all is written that was taken down.
    void settle() {
        h.env.wait_for_servers(std::chrono::seconds(60)); // the writer's thread does not know of virtual time
        h.env.run(recorder_->settle());
        h.env.wait_for_servers(std::chrono::seconds(0));
    }

    std::string text(const json& welcome) const {
        std::ifstream in(file(welcome));
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::vector<session_recording> read(const json& welcome) const {
        auto parts = read_session_recording("it", text(welcome));
        if (auto* wrong = std::get_if<recording_error>(&parts)) FAIL(wrong->message);
        return std::get<std::vector<session_recording>>(std::move(parts));
    }

    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
    }

    house h;

private:
    temporary_folder folder_;
    credentials::no_credentials nobody_{account_id{"local"}};
    std::unique_ptr<recorder> recorder_;
    std::optional<recording_database> database_;
};

/// How many lines of the log that is captured name an event.
int times_said(captured_errors& log, const std::string& event) {
    log::warning("end_of_test", {});
    int times = 0;
    for (auto line = log.line(); line.find("end_of_test") == line.npos; line = log.line())
        if (line.find(event) != line.npos) ++times;
    return times;
}

retake_report again(const session_recording& part) {
    return retaken(part, test_machine());
}

} // namespace

TEST_CASE("P10: a session that was recorded while it lived, made again, gives the frames that were sent") {
    recorded_house r;
    r.record();
    auto welcome = r.visit(house::hello(), "t-1", 1);
    auto hello = house::resume(welcome, 3); // which makes the server replay the rest
    auto second = r.visit(hello, "t-2", 2);
    CHECK(second["outcome"] == "replayed");
    r.stop();

    auto parts = r.read(welcome);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].commits.size() == 3);
    CHECK(parts[0].lost == 0);
    CHECK_FALSE(parts[0].state.empty());
    auto report = again(parts[0]);
    CHECK(report.passed());
    CHECK(report.steps == 3);
    // Greeting, turn, what was missed, turn: events, and the answer to each turn.
    CHECK(report.frames == 2 + 4 + 2 + 4);
    CHECK(to_lines(parts[0]).find("\"closed\":1006") != std::string::npos);
}

TEST_CASE("no token that a session was shown or has given is in its recording") {
    recorded_house r;
    r.record();
    auto hello = house::hello();
    hello["token"] = "mark-of-credentials";
    auto welcome = r.visit(hello, "t-1", 1);
    auto socket = r.connect();
    auto second = r.h.attach(*socket, house::resume(welcome, 2));
    socket->say({{"type", "token"}, {"token", "mark-of-renewal"}});
    socket->say({{"type", "tokken"}, {"tokken", "mark-of-mistake"}});
    socket->say_text(R"({"type":"token","token":"mark-of-haste)");
    r.h.env.run_ready();
    socket.reset();
    r.stop();
    auto text = r.text(welcome);
    CHECK(text.find("mark-of-") == std::string::npos);
    for (const auto& frame : {welcome, second})
        CHECK(text.find(frame.at("resume").get<std::string>()) == std::string::npos);
    CHECK(text.find("<redacted>") != std::string::npos);
}

TEST_CASE("a frame that is another one than its commit makes is told with both sides") {
    recorded_house r;
    r.record();
    auto welcome = r.visit(house::hello(), "t-1", 1);
    r.stop();
    auto part = r.read(welcome).at(0);
    auto event = std::ranges::find_if(part.frames, [](const recorded_message& frame) {
        return frame.what.is_object() && frame.what.value("seq", 0) == 3;
    });
    REQUIRE(event != part.frames.end());
    SECTION("in what it says") {
        event->what["data"]["text"] = "something else";
        auto report = retake(part, test_machine());
        REQUIRE(report.differs);
        CHECK(report.differs->what == "frame");
        CHECK(report.differs->turn == "t-1");
        CHECK(report.differs->commit == 2);
        CHECK(report.differs->recorded.find("something else") != std::string::npos);
        CHECK(report.differs->ours.find("You said hi.") != std::string::npos);
    }
    SECTION("in that it was sent before its commit") {
        auto early = *event;
        early.behind = 1;
        part.frames.erase(event);
        part.frames.insert(std::ranges::upper_bound(part.frames, 1U, {}, &recorded_message::behind), early);
        auto report = retake(part, test_machine());
        REQUIRE(report.differs);
        CHECK(report.differs->ours.find("no commit has made it") != std::string::npos);
    }
}

TEST_CASE("a session that ran before it was recorded begins with the state that it stood in") {
    recorded_house r;
    auto socket = r.h.connect();
    auto welcome = r.h.attach(*socket, house::hello());
    take_turns(r.h, *socket, 2);
    socket.reset();
    r.record();
    r.visit(house::resume(welcome, 4), "t-3", 3);
    r.stop();
    auto parts = r.read(welcome);
    REQUIRE(parts.size() == 1);
    REQUIRE(parts[0].start);
    CHECK(parts[0].start->head == greeting + 6);
    CHECK(parts[0].commits.size() == 1);
    CHECK(again(parts[0]).passed());
}

TEST_CASE("P10: a session that goes over to another version while it is recorded has a part for each") {
    recorded_house r;
    r.record();
    auto welcome = r.visit(house::hello(), "t-1", 1);
    r.h.close();
    auto newer =
        ordered_json::parse(R"({"id": "parrot", "version": 2, "initial": "hearing", "states": {"hearing": {
        "on": {"turn.text": {"actions": {"type": "say", "params": {"text": "{{ context.heard }}"}}}}}},
        "migrations": [{"from": 1, "to": 2, "rename": {"listening": "hearing"}}]})");
    r.h.machines = {};
    r.h.machines.add(*statemachine::load_definition(newer).machine, newer);
    r.record();
    r.visit(house::resume(welcome, greeting + 3), "t-2", 2);
    r.stop();

    auto parts = r.read(welcome);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].machine_version == 1);
    CHECK(again(parts[0]).passed());
    CHECK(parts[1].machine_version == 2);
    CHECK(parts[1].lost == 0);
    REQUIRE(parts[1].start);
    CHECK(parts[1].start->state == parts[0].state); // from what it was
    auto report = retaken(parts[1], *statemachine::load_definition(parts[1].document).machine);
    CHECK(report.passed());
    CHECK(report.steps == 2);
    CHECK(report.frames == 2 + 3); // what it hears of that, and a turn's answer and events
}

TEST_CASE("a recorder that comes after another goes on in the same file") {
    recorded_house r;
    r.record();
    auto welcome = r.visit(house::hello(), "t-1", 1);
    r.record();
    r.visit(house::resume(welcome, 2), "t-2", 2);
    r.stop();
    auto parts = r.read(welcome);
    REQUIRE(parts.size() == 2);
    for (const auto& part : parts) {
        CHECK(part.lost == 0);
        CHECK(again(part).passed());
    }
    SECTION("and one that was away meanwhile leaves a gap that is noticed") {
        r.h.open();
        auto socket = r.h.connect();
        r.h.attach(*socket,
                   {{"type", "hello"}, {"protocol", 1}, {"device", "d-1"}, {"session", welcome["session"]}});
        socket->say(house::turn("t-3", 3, "hi"));
        r.h.env.run_ready();
        socket.reset();
        r.record();
        r.visit({{"type", "hello"}, {"protocol", 1}, {"device", "d-1"}, {"session", welcome["session"]}},
                "t-4", 4);
        r.stop();
        parts = r.read(welcome);
        REQUIRE(parts.size() == 3);
        CHECK(parts[2].lost == 1);
        CHECK(again(parts[2]).passed());
    }
}

TEST_CASE("lines that find no room hold nobody up, and what follows them begins anew") {
    recorded_house r;
    recording_bounds bounds;
    bounds.queued_bytes = 12 << 10;
    r.record(bounds);
    auto socket = r.connect();
    auto welcome = r.h.attach(*socket, house::hello());
    // The queue holds no such line, whether or not anything else waits in it.
    socket->say(house::turn("t-1", 1, std::string(20 << 10, 'x')));
    r.h.env.run_ready();
    CHECK(says(*socket).back().size() > (20 << 10));
    socket->say(house::turn("t-2", 2, "hi"));
    r.h.env.run_ready();
    socket.reset();
    r.stop();
    auto parts = r.read(welcome);
    CHECK(parts.front().lost > 0);
    for (const auto& part : parts)
        CHECK(again(part).passed());
}

TEST_CASE("of more sessions than may be recorded, those without a client make room for others") {
    recorded_house r;
    recording_bounds bounds;
    bounds.sessions = 1;
    r.record(bounds);
    auto first = r.visit(house::hello("d-1"), "t-1", 1);
    auto socket = r.connect();
    auto second = r.h.attach(*socket, house::hello("d-2"));
    auto third = r.visit(house::hello("d-3"), "t-1", 1);
    socket.reset();
    r.stop();
    CHECK(r.files() == 2);
    CHECK(again(r.read(first).at(0)).passed());
    CHECK(again(r.read(second).at(0)).passed());
    CHECK(r.text(third).empty());
}

TEST_CASE("when a folder has all that it may, no session is recorded anew, and those that are go on") {
    captured_errors log;
    recorded_house r;
    recording_bounds bounds;
    bounds.folder_bytes = 1;
    r.record(bounds);
    auto socket = r.connect();
    auto first = r.h.attach(*socket, house::hello("d-1"));
    r.settle();
    auto second = r.visit(house::hello("d-2"), "t-1", 1);
    auto third = r.visit(house::hello("d-3"), "t-1", 1);
    socket->say(house::turn("t-1", 1, "hi"));
    r.h.env.run_ready();
    socket.reset();
    SECTION("and nobody gives room") {}
    SECTION("until somebody gives room") {
        fs::remove(r.file(first));
        r.settle();
        auto fourth = r.visit(house::hello("d-4"), "t-1", 1);
        r.stop();
        CHECK(again(r.read(fourth).at(0)).passed());
        return;
    }
    r.stop();
    CHECK(r.files() == 1);
    auto parts = r.read(first);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].commits.size() == 2);
    CHECK(again(parts[0]).passed());
    CHECK(times_said(log, "recordings_full") == 1);
}

TEST_CASE("of a running recording that somebody removes nothing is written until the session's next step") {
    recorded_house r;
    r.record();
    auto socket = r.connect();
    auto welcome = r.h.attach(*socket, house::hello());
    r.settle();
    fs::remove(r.file(welcome));
    socket->say({{"type", "ping"}, {"at", 1}});
    r.h.env.run_ready();
    r.settle();
    CHECK_FALSE(fs::exists(r.file(welcome)));
    socket->say(house::turn("t-1", 1, "hi"));
    r.h.env.run_ready();
    socket.reset();
    r.stop();
    auto parts = r.read(welcome);
    REQUIRE(parts.size() == 1);
    REQUIRE(parts[0].start);
    CHECK(parts[0].start->head == greeting);
    CHECK(again(parts[0]).passed());
}

TEST_CASE("whose a session is stands in its recording, and when that changes a part begins") {
    temporary_folder folder;
    persistence::session_row row;
    row.id = {"s1"};
    row.account = {"acme"};
    row.user = "acme";
    {
        recorder one(folder.path().string());
        one.begin(row, recorder::beginning::birth, nullptr);
        one.committed(row, {1}, persistence::log_entry{}, nullptr);
        row.person = "ann";
        one.committed(row, {2}, persistence::log_entry{}, nullptr);
        one.committed(row, {3}, persistence::log_entry{}, nullptr);
    }
    std::ifstream in(folder.file("s1.ndjson"));
    std::vector<std::string> people;
    for (std::string line; std::getline(in, line);)
        if (is_head(line)) people.push_back(read_head(json::parse(line)).owner.person);
    CHECK(people == std::vector<std::string>{"", "ann"});
}

TEST_CASE("a recording whose last line was cut off is read up to there, and counts as incomplete") {
    recorded_house r;
    r.record();
    auto welcome = r.visit(house::hello(), "t-1", 1);
    r.stop();
    auto text = r.text(welcome);
    auto parts = read_session_recording("it", text.substr(0, text.size() - 10));
    auto* read = std::get_if<std::vector<session_recording>>(&parts);
    REQUIRE(read);
    CHECK(read->front().lost == 1);
    CHECK(again(read->front()).passed());
}
