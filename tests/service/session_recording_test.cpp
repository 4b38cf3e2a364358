#include "service/replay/session_recording.hpp"

#include "service/replay/retake.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/talk.hpp"
#include "tests/service/worker_machine.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

/// A session of three turns with the test machine, as a recording's text.
std::string recorded_lines(log_start wanted = log_start::needed) {
    house h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 3);
    auto recorded =
        h.env.run(record_session(&h.database, session_id{welcome["session"]}, &h.machines, wanted));
    REQUIRE(recorded);
    return to_lines(*recorded);
}

std::vector<session_recording> read_parts(const std::string& lines) {
    auto read = read_session_recording("it", lines);
    if (auto* wrong = std::get_if<recording_error>(&read)) FAIL(wrong->message);
    return std::get<std::vector<session_recording>>(std::move(read));
}

session_recording read_well(const std::string& lines) {
    auto parts = read_parts(lines);
    REQUIRE(parts.size() == 1);
    return std::move(parts.front());
}

std::string read_badly(const std::string& lines) {
    auto read = read_session_recording("it", lines);
    auto* wrong = std::get_if<recording_error>(&read);
    return wrong ? wrong->message : "";
}

std::string without_line(std::string lines, int number) {
    std::size_t begin = 0;
    for (; number > 0; --number)
        begin = lines.find('\n', begin) + 1;
    return lines.erase(begin, lines.find('\n', begin) + 1 - begin);
}

} // namespace

TEST_CASE("a recording is read as it was written, and begins as one") {
    auto lines = recorded_lines();
    CHECK(is_session_recording(lines));
    CHECK_FALSE(is_session_recording("{}"));
    auto read = read_well(lines);
    CHECK(read.commits.size() == 4);
    CHECK(to_lines(read) == lines);
    CHECK(retake(read, test_machine()).passed());
}

TEST_CASE("the first difference is told with both sides, where it is") {
    auto read = read_well(recorded_lines());
    SECTION("in what was shown") {
        auto& events = read.commits[2].events;
        events.replace(events.find("You said"), 8, "We said");
        auto report = retake(read, test_machine());
        REQUIRE(report.differs);
        CHECK(report.differs->commit == 3);
        CHECK(report.differs->turn == "t-2");
        CHECK(report.differs->what == "events");
        CHECK(report.differs->recorded.find("We said") != std::string::npos);
        CHECK(report.differs->ours.find("You said") != std::string::npos);
        CHECK(report.steps == 3);
    }
    SECTION("in what was said") {
        auto& messages = read.commits[1].messages;
        messages.replace(messages.find("\"hi\""), 4, "\"ho\"");
        CHECK(retake(read, test_machine()).differs->what == "messages");
    }
    SECTION("in how a turn ended") {
        read.commits[1].status = "failed";
        CHECK(retake(read, test_machine()).differs->what == "status");
    }
    SECTION("in the state at the end") {
        read.commits.pop_back();
        auto report = retake(read, test_machine());
        REQUIRE(report.differs);
        CHECK(report.differs->what == "state");
        CHECK(report.differs->commit == 4);
    }
}

TEST_CASE("a commit that no step has made is taken as it stands") {
    auto read = read_well(recorded_lines());
    read.commits.back().step.clear();
    auto report = retake(read, test_machine());
    CHECK(report.passed());
    CHECK(report.without == 1);
}

TEST_CASE("a recording that was cut off or breaks the form is refused, and the line is named") {
    auto lines = recorded_lines();
    CHECK(read_badly(without_line(lines, 5)) == "it, line 6: its end is missing");
    CHECK(read_badly(without_line(lines, 2)) == "it, line 5: lines are missing in front of it");
    CHECK(read_badly(lines + "{}\n").starts_with("it, line 7: "));
    CHECK(read_badly(lines.substr(0, lines.size() - 10)).starts_with("it, line 6: "));
    CHECK(read_badly("").starts_with("it, line 1: "));
    CHECK(read_badly("[]\n").starts_with("it, line 1: "));
    CHECK(read_badly(R"({"recording":"session","format":2})").find("another version") != std::string::npos);
    CHECK(read_badly(R"({"recording":"session","format":1,"session":7,"machine":{}})")
              .starts_with("it, line 1: "));
}

TEST_CASE("a session whose log has let its beginning go can be shown, and not be made again") {
    house h;
    h.limits.log.events = 6;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, house::hello());
    take_turns(h, *socket, 8);
    auto record = [&](log_start wanted) {
        return h.env.run(record_session(&h.database, session_id{welcome["session"]}, &h.machines, wanted));
    };
    CHECK(record(log_start::needed).error() == persistence::errc::trimmed);
    CHECK(record(log_start::optional));
    CHECK(h.env.run(record_session(&h.database, session_id{"nobody"}, &h.machines, log_start::optional))
              .error() == persistence::errc::not_found);
}

TEST_CASE("P10: every session that is kept in tests/recordings, made again, gives what was recorded") {
    int made = 0;
    for (const auto& entry : std::filesystem::directory_iterator(source_folder() + "/tests/recordings")) {
        std::ifstream in(entry.path(), std::ios::binary);
        std::string lines(std::istreambuf_iterator<char>(in), {});
        if (!is_session_recording(lines)) continue;
        CAPTURE(entry.path().filename().string());
        for (const auto& part : read_parts(lines)) {
            auto machine = statemachine::load_definition(part.document).machine;
            REQUIRE(machine);
            CHECK(machine->hash() == part.machine_hash);
            auto report = retake(part, *machine);
            if (report.differs) UNSCOPED_INFO(report.differs->recorded << "\n" << report.differs->ours);
            CHECK(report.passed());
            CHECK(part.lost == 0);
        }
        ++made;
    }
    CHECK(made > 0);
}

TEST_CASE("P10: a session of tools, cancels and turns that waited, made again, gives the same") {
    workshop h;
    auto socket = h.connect();
    auto welcome = h.attach(*socket, workshop::hello());
    std::string call;
    auto say = [&](const json& frame) {
        h.say(*socket, frame);
        while (auto heard = socket->next())
            if (heard->value("kind", "") == "tool") call = call_of(*heard);
    };
    say(house::turn("t-1", 1, "fetch"));
    say(house::turn("t-2", 2, "two"));
    say(house::turn("t-3", 3, "fetch both"));
    say(house::turn("t-4", 4, "four"));
    say({{"type", "cancel"}, {"turn", "t-4"}});
    say(tool_result(call, {{"is", "on"}}));
    say({{"type", "cancel"}, {"turn", "t-3"}});
    say(house::turn("t-5", 5, "fetch"));
    h.env.advance(milliseconds(60000)); // nobody answers
    say(house::turn("t-6", 6, "fetch"));
    say(house::turn("t-7", 7, "finish"));
    say(house::turn("t-8", 8, "too late"));
    say(tool_result(call, {{"is", "off"}}));
    auto recorded = h.env.run(
        record_session(&h.database, session_id{welcome["session"]}, &h.machines, log_start::needed));
    REQUIRE(recorded);
    auto read = read_well(to_lines(*recorded));
    auto again = retaken(read, worker_machine());
    CHECK(again.passed());
    CHECK(again.steps >= 8);
}

TEST_CASE("P10: a tool's end that changes nothing is in the recording all the same") {
    auto document = json::parse(R"({"id": "worker", "version": 2, "initial": "a", "states": {"a": {"on": {
        "turn.text": {"actions": [{"type": "tool", "params": {"name": "lamp"}}, {"type": "tool", "params": {"name": "door"}}]}
    }}}})");
    auto machine = *statemachine::load_definition(document).machine;
    house h;
    h.machines.add(machine);
    auto socket = h.connect();
    auto welcome = h.attach(*socket, workshop::hello());
    std::vector<std::string> calls;
    auto say = [&](const json& frame) {
        socket->say(frame);
        h.env.run_ready();
        while (auto heard = socket->next())
            if (heard->value("kind", "") == "tool") calls.push_back(call_of(*heard));
    };
    say(house::turn("t-1", 1, "go"));
    REQUIRE(calls.size() == 2);
    say(tool_result(calls[0]));
    say(tool_result(calls[1]));
    auto recorded = h.env.run(
        record_session(&h.database, session_id{welcome["session"]}, &h.machines, log_start::needed));
    REQUIRE(recorded);
    CHECK(retake(read_well(to_lines(*recorded)), machine).passed());
}
