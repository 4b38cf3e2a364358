// Sessions whose machine has got a newer version since they were stored.

#include "persistence/log.hpp"
#include "service/replay/retake.hpp"
#include "service/replay/story.hpp"
#include "service/timer_watch.hpp"
#include "tests/service/registry_visitor.hpp"
#include "tests/service/retaken.hpp"
#include "tests/service/thinker.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/catch.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;
using websocket::close_code;

using heard = std::vector<std::string>;

namespace {

statemachine::definition load(const ordered_json& document) {
    auto loaded = statemachine::load_definition(document);
    for (const auto& p : loaded.problems)
        UNSCOPED_INFO(p.pointer << ": " << p.message);
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

/// Version 1: a lamp that is off or on, and boils an egg, fetches a tool, thinks, or ends.
ordered_json first_version() {
    return ordered_json::parse(R"({"id": "worker", "version": 1, "initial": "off", "context": {"heard": 0},
    "states": {
      "off": {"on": {"turn.text": [
        {"guard": {"type": "matches", "params": {"any": ["boil"]}}, "target": "boiling"},
        {"guard": {"type": "matches", "params": {"any": ["fetch"]}}, "target": "fetching"},
        {"guard": {"type": "matches", "params": {"any": ["think"]}}, "target": "thinking"},
        {"guard": {"type": "matches", "params": {"any": ["call me"]}},
         "actions": {"type": "remember", "params": {"key": "name", "value": {"from": "/event/text"}}}},
        {"guard": {"type": "matches", "params": {"any": ["finish"]}}, "target": "over"},
        {"target": "on", "actions": {"type": "increment", "params": {"path": "/context/heard"}}}]}},
      "on": {"on": {"turn.text": "off"}},
      "boiling": {"after": {"300000": {"target": "off", "actions": {"type": "say", "params": {"text": "The egg!"}}}}},
      "fetching": {"entry": {"type": "tool", "params": {"name": "lamp", "timeout": 60000}},
                   "on": {"tool.lamp.done": "off", "tool.lamp.failed": "off"}},
      "thinking": {"invoke": {"src": "responder", "onDone": "off", "onError": "off"}},
      "over": {"type": "final"}}})");
}

/// Version 2: states have other names, the context as well, and nobody thinks any more.
ordered_json second_version(const std::string& policy = "migrate") {
    auto document = ordered_json::parse(R"({"id": "worker", "version": 2, "initial": "dark",
    "context": {"count": 0, "who": "nobody"}, "meta": {}, "states": {
      "dark": {"entry": {"type": "say", "params": {"text": "It is dark, {{ user.name | default: \"stranger\" }}."}},
        "on": {"turn.text": [
        {"guard": {"type": "matches", "params": {"any": ["count"]}},
         "actions": {"type": "say", "params": {"text": "{{ context.count }} {{ context.who }}"}}},
        {"guard": {"type": "matches", "params": {"any": ["boil"]}}, "target": "cooking"},
        {"guard": {"type": "matches", "params": {"any": ["fetch"]}}, "target": "fetching"},
        {"guard": {"type": "matches", "params": {"any": ["finish"]}}, "target": "over"},
        {"target": "bright"}]}},
      "bright": {"on": {"turn.text": "dark"}},
      "cooking": {"after": {"300000": {"target": "dark", "actions": {"type": "say", "params": {"text": "Cooked!"}}}}},
      "fetching": {"on": {"tool.lamp.done": {"target": "bright", "actions": {"type": "say", "params": {"text": "Fetched."}}},
                          "tool.lamp.failed": "dark"}},
      "over": {"type": "final"}},
    "migrations": [{"from": 1, "to": 2,
      "rename": {"off": "dark", "on": "bright", "boiling": "cooking"}, "drop": {"thinking": "bright"},
      "context": [{"type": "assign", "params": {"count": {"from": "/context/heard"}}},
                  {"type": "remove", "params": {"path": "/context/heard"}}]}]})");
    document["meta"]["migration"] = policy;
    return document;
}

/// A house whose machine gets another version while a session of it sleeps.
class changing_house : public house {
public:
    changing_house() {
        limits.heartbeat = std::chrono::hours(1);
        answers = &mind;
        run({first_version()});
        socket = connect();
        welcome = attach(*socket, workshop::hello());
        seen = welcome["head"];
        workshop::hear(*socket);
    }
    ~changing_house() { stop(); }

    /// The server ends, and serves these machines when it is back.
    void run(const std::vector<ordered_json>& documents) {
        if (socket) socket->vanish();
        stop();
        machines = {};
        for (const auto& document : documents)
            machines.add(load(document), document);
        open();
    }
    void stop() {
        if (watch) watch->stop();
        close();
        watch.reset();
    }

    heard say(const std::string& text) {
        ++number;
        socket->say(house::turn("t-" + std::to_string(number), number, text));
        return hear();
    }
    heard hear() {
        env.run_ready();
        heard all;
        while (auto frame = socket->next()) {
            if (frame->contains("seq") && (*frame)["type"] == "event") seen = (*frame)["seq"];
            if (frame->value("kind", "") == "tool") call = (*frame)["data"]["call"];
            all.push_back(in_short(*frame));
        }
        return all;
    }

    /// Comes back with all that was seen; the welcome's outcome, and why it is refused.
    std::string come_back() {
        socket = connect();
        auto next = attach(*socket, house::resume(welcome, seen));
        if (next.empty()) return "";
        auto outcome = next["outcome"].get<std::string>();
        if (outcome == "refused") return outcome + ' ' + next["reason"].get<std::string>();
        welcome = next;
        return outcome;
    }

    persistence::session_row row() {
        return env.run(database.inner().read_session(session_id{welcome["session"]})).value();
    }

    std::vector<session_recording> recorded() {
        auto made =
            env.run(record_session(&database, session_id{welcome["session"]}, &machines, log_start::needed));
        REQUIRE(made);
        auto read = read_session_recording("it", to_lines(*made));
        if (auto* wrong = std::get_if<recording_error>(&read)) FAIL(wrong->message);
        return std::get<std::vector<session_recording>>(std::move(read));
    }

    void begin_watch() {
        watch.emplace(env, database, *sessions, limits);
        sessions->tell_of_timers([this](utc_time due) { watch->expect(due); });
        tasks.spawn(watch->run());
    }

    scripted_mind mind;
    std::unique_ptr<fake_socket> socket;
    json welcome;
    std::uint64_t seen = 0;
    std::uint64_t number = 0;
    std::string call;
    std::optional<timer_watch> watch;

private:
    static std::string in_short(const json& frame) {
        auto kind = frame.value("kind", "");
        if (kind != "session.migrated") return workshop::in_short(frame);
        return kind + " " + to_text(frame["data"]);
    }
};

const heard gone_over{R"(session.migrated {"from":1,"to":2})", "state bright"};

} // namespace

TEST_CASE("a session migrates when it is next activated, in a commit before anything else") {
    changing_house h;
    CHECK(h.say("hi") == heard{"accepted t-1 done", "state on", "turn.done t-1"});
    auto before = h.row();
    h.run({second_version()});
    auto commits = h.database.commits();
    CHECK(h.come_back() == "replayed");
    CHECK(h.database.commits() == commits + 2); // that, and the welcome's
    CHECK(h.hear() == gone_over);
    CHECK(h.welcome["machine"]["version"] == 2);
    auto row = h.row();
    CHECK(row.machine_version == 2);
    CHECK(row.machine_hash == h.machines.find("worker")->hash());
    CHECK(row.head == before.head + 2);
    CHECK(row.created == before.created);
    CHECK(row.resets == before.resets);
    CHECK(h.say("off again") ==
          heard{"accepted t-2 done", "say It is dark, stranger.", "state dark", "turn.done t-2"});
    CHECK(h.say("count") == heard{"accepted t-3 done", "say 1 nobody", "turn.done t-3"});
    h.socket->vanish();
    h.run({second_version()});
    CHECK(h.come_back() == "lossless"); // once is enough
}

TEST_CASE("who comes without a position is shown the state in the new version") {
    changing_house h;
    h.say("hi");
    h.run({second_version()});
    h.socket = h.connect();
    auto hello = house::resume(h.welcome, 0);
    hello.erase("ack");
    h.socket->say(hello);
    h.env.run_ready();
    auto welcome = h.socket->next("welcome");
    REQUIRE(welcome);
    CHECK((*welcome)["outcome"] == "snapshot");
    auto snapshot = h.socket->next("snapshot");
    REQUIRE(snapshot);
    CHECK((*snapshot)["state"]["value"] == "bright");
    CHECK((*snapshot)["state"]["version"] == 2);
    CHECK((*snapshot)["context"] == json{{"count", 1}, {"who", "nobody"}});
}

TEST_CASE("a migration that fails, or of which nobody hears, is made once") {
    auto when = GENERATE(fault::before_applying, fault::after_applying);
    changing_house h;
    h.say("hi");
    h.run({second_version()});
    h.database.fail_commit(persistence::errc::unavailable, when);
    CHECK(h.come_back().empty());
    CHECK(h.socket->closed_by_server() == close_code::commit_failed);
    CHECK(h.row().machine_version == (when == fault::before_applying ? 1 : 2));
    CHECK(h.come_back() == "replayed");
    CHECK(h.hear() == gone_over);
    CHECK(h.row().machine_version == 2);
}

TEST_CASE("a session without a way is refused, stays as it is, and is told of once") {
    changing_house h;
    h.say("hi");
    auto second = second_version();
    second["migrations"][0]["rename"].erase("on");
    captured_errors errors;
    h.run({second});
    auto before = h.row();
    auto commits = h.database.commits();
    for (int i = 0; i < 3; ++i)
        CHECK(h.come_back() == "refused machine");
    CHECK(h.database.commits() == commits);
    CHECK(h.row().revision == before.revision);
    log::warning("end_of_test", {});
    std::vector<std::string> told;
    for (auto line = errors.line(); line.find("end_of_test") == line.npos; line = errors.line())
        if (line.find("machine_differs") != line.npos) told.push_back(line);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("the state 'on' has no place in version 2") != std::string::npos);
    h.run({first_version()});
    CHECK(h.come_back() == "lossless");
}

TEST_CASE("a session that is pinned stays with its version, and new ones begin with the newest") {
    changing_house h;
    h.say("hi");
    h.run({second_version("pin"), first_version()});
    CHECK(h.come_back() == "lossless");
    CHECK(h.welcome["machine"]["version"] == 1);
    CHECK(h.say("off") == heard{"accepted t-2 done", "state off", "turn.done t-2"});
    auto other = h.connect();
    CHECK(h.attach(*other, workshop::hello("d-2"))["machine"]["version"] == 2);
    SECTION("until its version is gone: then it migrates") {
        h.run({second_version("pin")});
        CHECK(h.come_back() == "replayed");
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state dark"});
    }
}

TEST_CASE("a session that restarts begins anew with what is remembered of its user") {
    changing_house h;
    h.say("call me Ada");
    h.say("hi");
    h.run({second_version("restart")});
    CHECK(h.come_back() == "replayed");
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"restarted":true,"to":2})",
                            "say It is dark, call me Ada.", "state dark"});
    CHECK(h.say("count") == heard{"accepted t-3 done", "say 0 nobody", "turn.done t-3"});
    for (const auto& part : h.recorded())
        if (part.machine_version == 2) CHECK(retaken(part, load(second_version("restart"))).passed());
}

TEST_CASE("a turn that is parked when its session restarts has failed, one that waits begins") {
    changing_house h;
    h.say("fetch");
    CHECK(h.say("hi") == heard{"accepted t-2 queued"});
    h.run({second_version("restart")});
    h.come_back();
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"restarted":true,"to":2})",
                            "turn.failed t-1 session.restarted", "say It is dark, stranger.", "state dark",
                            "state bright", "turn.done t-2"});
    h.socket->say(house::turn("t-1", 1, "fetch"));
    CHECK(h.hear() == heard{"accepted t-1 failed"});
}

TEST_CASE("the work of a device goes on over a migration") {
    changing_house h;
    h.say("fetch");
    h.run({second_version()});
    h.come_back();
    CHECK(h.welcome["running"]["status"] == "parked");
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state fetching"});
    h.socket->say(tool_result(h.call));
    CHECK(h.hear() == heard{"say Fetched.", "state bright", "turn.done t-1"});
}

TEST_CASE(
    "a turn whose actor is not wanted any more comes to its end, or waits for what begins in its place") {
    changing_house h;
    h.say("think");
    REQUIRE(h.mind.calls.size() == 1);
    auto second = second_version();
    SECTION("nothing begins") {
        h.run({second});
        h.come_back();
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state bright", "turn.done t-1"});
        h.socket->say(house::turn("t-1", 1, "think"));
        CHECK(h.hear() == heard{"accepted t-1 done"});
        for (const auto& part : h.recorded())
            CHECK(retaken(part, load(part.document.is_null() ? first_version() : part.document)).passed());
    }
    SECTION("another one begins") {
        second["states"]["bright"]["invoke"] = ordered_json::parse(
            R"({"src": "responder", "id": "other", "onDone": "dark", "onError": "dark"})");
        h.run({second});
        h.come_back();
        CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state bright"});
        REQUIRE(h.mind.calls.size() == 2);
        h.mind.finish({{"text", "so"}});
        CHECK(h.hear() == heard{"say It is dark, stranger.", "state dark", "turn.done t-1"});
    }
    SECTION("it goes on under another name") {
        auto& step = second["migrations"][0];
        step.erase("drop");
        step["rename"]["thinking"] = "musing";
        second["states"]["musing"] =
            ordered_json::parse(R"({"invoke": {"src": "responder", "onDone": "bright", "onError": "dark"}})");
        second["states"]["dark"]["on"]["muse"] = "musing";
        h.run({second});
        h.come_back();
        h.hear();
        REQUIRE(h.mind.calls.size() == 2); // asked again, under the key that it was asked with
        CHECK(h.mind.calls[1]->what.key == h.mind.calls[0]->what.key);
        h.mind.finish({{"text", "so"}});
        CHECK(h.hear() == heard{"state bright", "turn.done t-1"});
    }
}

TEST_CASE("a session that sleeps is woken for its timer and fires it in its new version") {
    changing_house h;
    h.say("boil");
    h.run({second_version()});
    h.begin_watch();
    h.env.advance(milliseconds(299'000));
    CHECK(h.row().machine_version == 1);
    h.env.advance(milliseconds(1002));
    CHECK(h.row().machine_version == 2);
    h.come_back();
    CHECK(h.hear() == heard{R"(session.migrated {"from":1,"to":2})", "state cooking", "say Cooked!",
                            "say It is dark, stranger.", "state dark"});
}

TEST_CASE("time in which no server ran is credited when a session migrates") {
    changing_house h;
    auto first = first_version();
    first["states"]["boiling"]["after"]["300000"]["meta"]["timer"] = "remaining";
    h.run({first});
    h.socket = h.connect();
    h.welcome = h.attach(*h.socket, workshop::hello()); // a session of its own
    h.seen = h.welcome["head"];
    h.say("boil");
    h.env.advance(milliseconds(100'000)); // the last commit was when its token was confirmed
    h.socket->vanish();
    h.stop();
    h.env.advance(std::chrono::minutes(30));
    h.run({second_version()});
    h.come_back();
    h.hear();
    h.env.advance(milliseconds(250'000));
    CHECK(h.hear().empty());
    h.env.advance(milliseconds(50'000));
    CHECK(h.hear() == heard{"say Cooked!", "say It is dark, stranger.", "state dark"});
}

TEST_CASE("a session that has ended is shown in the new version, and hears nothing more") {
    changing_house h;
    h.say("finish");
    auto policy = GENERATE("migrate", "restart");
    h.run({second_version(policy)});
    CHECK(h.come_back() == "lossless");
    CHECK(h.hear() == heard{"bye"});
    CHECK(h.row().machine_version == 2);
    CHECK(h.row().closed);
}

TEST_CASE("P10: a session that has migrated, made again from its recording, gives the same on both sides") {
    changing_house h;
    h.say("hi");
    h.say("hi");
    h.say("boil");
    h.run({second_version(), first_version()});
    h.come_back();
    h.env.advance(milliseconds(300'000));
    h.hear();
    h.say("count");
    auto parts = h.recorded();
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].machine_version == 1);
    CHECK(parts[0].commits.size() == 4);
    CHECK(parts[1].machine_version == 2);
    std::size_t steps = 0;
    for (const auto& part : parts) {
        REQUIRE_FALSE(part.document.is_null());
        auto report = retaken(part, load(part.document));
        CHECK(report.passed());
        CHECK(report.without == 0);
        steps += report.steps;
    }
    CHECK(steps == 7);
    CHECK(std::holds_alternative<recording_error>(tell_story("it", parts)));

    SECTION("and not when the migration was another one") {
        auto other = second_version();
        other["migrations"][0]["rename"]["boiling"] = "dark";
        auto report = retake(parts[1], load(other));
        REQUIRE(report.differs);
        CHECK(report.differs->what == "events");
        CHECK(report.differs->commit == 1);
    }
    SECTION("and not when it was not what the first part has come to") {
        auto& start = parts[1].start->state;
        start.replace(start.find("heard"), 5, "hoard");
        CHECK(retake(parts[1], load(second_version())).differs->what == "start");
    }
}

TEST_CASE("a server that still has the former version is fenced, and refuses what it would take back") {
    changing_house h;
    h.say("hi");
    machine_catalog newer;
    newer.add(load(second_version()));
    registry other(session_house{h.env, h.database, h.limits}, newer);
    auto found = h.env.run(other.find(session_id{h.welcome["session"]}));
    REQUIRE(found.live);
    h.env.run_ready();
    CHECK(h.row().machine_version == 2);

    h.say("off");
    CHECK(h.socket->closed_by_server() == close_code::fenced);
    CHECK(h.come_back() == "refused machine");
    auto policy = first_version();
    policy["meta"]["migration"] = "restart";
    h.run({policy});
    CHECK(h.come_back() == "refused machine"); // there is no way back
    CHECK(h.row().machine_version == 2);
    h.env.run(other.close());
}

TEST_CASE("a robot whose machine has a newer version goes on with its dialogue where there is a way") {
    changing_house h;
    h.machines.add(test_machine(1));
    auto first = find_robot(h);
    auto listener = std::make_shared<tests::answers>();
    REQUIRE(first.live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    auto id = first.live->id();
    first.live.reset();
    h.stop();
    h.machines = {};
    bool leads = GENERATE(true, false);
    auto document = ordered_json::parse(R"({"id": "parrot", "version": 2, "initial": "listening", "states": {
        "listening": {"on": {"turn.text": {"actions": {"type": "say", "params": {"text": "{{ context.heard }}"}}}}}}})");
    if (leads) document["migrations"] = ordered_json::parse(R"([{"from": 1, "to": 2}])");
    h.machines.add(load(document));
    h.open();
    auto second = find_robot(h);
    REQUIRE(second.live);
    CHECK((second.live->id() == id) == leads);
}
