#pragma once

#include "service/replay/session_recording.hpp"
#include "service/replay/story.hpp"
#include "service/timer_watch.hpp"
#include "tests/service/registry_visitor.hpp"
#include "tests/service/thinker.hpp"
#include "tests/support/catch.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::tests {

inline statemachine::definition load(const ordered_json& document) {
    auto loaded = statemachine::load_definition(document);
    for (const auto& p : loaded.problems)
        UNSCOPED_INFO(p.pointer << ": " << p.message);
    REQUIRE(loaded.machine);
    return *loaded.machine;
}

/// Version 1: a lamp that is off or on, and boils an egg, fetches a tool, thinks, or ends.
inline ordered_json first_version() {
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
inline ordered_json second_version(const std::string& policy = "migrate") {
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

    std::vector<std::string> say(const std::string& text) {
        ++number;
        socket->say(house::turn("t-" + std::to_string(number), number, text));
        return hear();
    }
    std::vector<std::string> hear() {
        env.run_ready();
        std::vector<std::string> all;
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

    std::vector<service::session_recording> recorded() {
        auto made = env.run(service::record_session(&database, session_id{welcome["session"]}, &machines,
                                                    service::log_start::needed));
        REQUIRE(made);
        auto read = service::read_session_recording("it", service::to_lines(*made));
        if (auto* wrong = std::get_if<service::recording_error>(&read)) FAIL(wrong->message);
        return std::get<std::vector<service::session_recording>>(std::move(read));
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
    std::optional<service::timer_watch> watch;

private:
    static std::string in_short(const json& frame) {
        auto kind = frame.value("kind", "");
        if (kind != "session.migrated") return workshop::in_short(frame);
        return kind + " " + to_text(frame["data"]);
    }
};

inline const std::vector<std::string> gone_over{R"(session.migrated {"from":1,"to":2})", "state bright"};

} // namespace rejoinder::tests
