#pragma once

#include "statemachine/definition.hpp"
#include "tests/service/house.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// A machine that has the device do things: "fetch" opens the tool `lamp` (a minute), "fetch both" two tools,
/// anything else is said back. `overlap` and `takeover` are its policies; empty: none declared.
inline statemachine::definition worker_machine(const std::string& overlap = "",
                                               const std::string& takeover = "") {
    auto document = json::parse(R"({
      "id": "worker", "version": 1, "initial": "ready", "context": {"heard": 0}, "meta": {},
      "states": {
        "ready": {"on": {"turn.text": [
          {"guard": {"type": "matches", "params": {"any": ["finish"]}}, "target": "over"},
          {"guard": {"type": "matches", "params": {"any": ["fetch both"]}}, "target": "waiting", "actions": [
            {"type": "tool", "params": {"name": "lamp"}}, {"type": "tool", "params": {"name": "door"}}]},
          {"guard": {"type": "matches", "params": {"any": ["fetch"]}}, "target": "waiting", "actions": [
            {"type": "say", "params": {"text": "A moment."}},
            {"type": "tool", "params": {"name": "lamp", "args": {"for": {"from": "/event/text"}},
                                        "timeout": 60000}}]},
          {"actions": [{"type": "increment", "params": {"path": "/context/heard"}},
                       {"type": "say", "params": {"text": "You said {{ event.text }}."}}]}
        ]}},
        "waiting": {"on": {
          "tool.lamp.done": {"target": "ready", "actions": [
            {"type": "say", "params": {"text": "The lamp is {{ event.data.is }}."}}]},
          "tool.lamp.failed": {"target": "ready", "actions": [
            {"type": "say", "params": {"text": "No lamp: {{ event.code }}."}}]},
          "tool.door.done": {"actions": [{"type": "say", "params": {"text": "The door."}}]},
          "tool.door.failed": {"actions": [{"type": "say", "params": {"text": "No door."}}]},
          "turn.text": {"actions": [{"type": "say", "params": {"text": "Meanwhile {{ event.text }}."}}]}
        }},
        "over": {"type": "final"}
      }
    })");
    if (!overlap.empty()) document["meta"]["overlap"] = overlap;
    if (!takeover.empty()) document["meta"]["takeover"] = takeover;
    auto loaded = statemachine::load_definition(document);
    if (!loaded.machine) throw std::runtime_error(loaded.problems.at(0).message);
    return *loaded.machine;
}

/// A house of workers with one client, and what it hears.
class workshop : public house {
public:
    explicit workshop(const std::string& overlap = "", const std::string& takeover = "") {
        machines.add(worker_machine(overlap, takeover));
        limits.heartbeat = std::chrono::hours(1); // clients of these tests say nothing for minutes
    }

    static json hello(const std::string& device = "d-1") {
        auto frame = house::hello(device);
        frame["machine"] = "worker";
        return frame;
    }

    /// A hello that comes to the session of a welcome.
    static json join(const json& welcome, const std::string& device) {
        return {{"type", "hello"}, {"protocol", 1}, {"device", device}, {"session", welcome["session"]}};
    }

    /// Says a frame, and waits until the session has nothing to do.
    void say(fake_socket& socket, const json& frame) {
        socket.say(frame);
        env.run_ready();
    }

    /// Everything that waits, in short: "accepted t-1 parked", "say The lamp is on.", "turn.done t-1",
    /// "error tool.not_open".
    static std::vector<std::string> hear(fake_socket& socket) {
        std::vector<std::string> heard;
        while (auto frame = socket.next())
            heard.push_back(in_short(*frame));
        return heard;
    }

    static std::string in_short(const json& frame) {
        auto type = frame["type"].get<std::string>();
        auto text = [&frame](const char* name) { return frame[name].get<std::string>(); };
        if (type == "accepted") return "accepted " + text("turn") + " " + text("status");
        if (type == "rejected") return "rejected " + text("turn") + " " + text("code");
        if (type == "error") return "error " + text("code");
        if (type == "part") return "part " + frame["data"]["text"].get<std::string>();
        if (type != "event") return type;
        auto kind = text("kind");
        const auto& data = frame["data"];
        if (kind == "say") return "say " + data["text"].get<std::string>();
        if (kind == "tool") return "tool " + data["name"].get<std::string>();
        if (kind == "state") return "state " + data["value"].get<std::string>();
        if (kind == "turn.failed") return kind + " " + text("turn") + " " + data["code"].get<std::string>();
        return frame.contains("turn") ? kind + " " + text("turn") : kind;
    }
};

/// The call of the tool that a frame of the server opens.
inline std::string call_of(const json& tool_event) {
    return tool_event["data"]["call"].get<std::string>();
}

/// A client that has asked for something its device has to fetch: the turn `t-1` is parked.
struct parked_turn {
    explicit parked_turn(const std::string& overlap = "") : h(overlap) {
        socket = h.connect();
        welcome = h.attach(*socket, workshop::hello());
        socket->say(house::turn("t-1", 1, "fetch"));
        h.env.run_ready();
        while (auto frame = socket->next())
            if (frame->value("kind", "") == "tool") tool = *frame;
        call = call_of(tool);
    }

    workshop h;
    std::unique_ptr<fake_socket> socket;
    json welcome;
    json tool; ///< the event that opened it
    std::string call;
};

inline json tool_result(const std::string& call, json data = json::object(), bool ok = true) {
    return {{"type", "tool_result"}, {"call", call}, {"ok", ok}, {"data", std::move(data)}};
}

} // namespace rejoinder::tests
