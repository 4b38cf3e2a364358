#pragma once

#include "persistence/stores/robot_sessions.hpp"
#include "service/robot_gate.hpp"
#include "service/session_state.hpp"
#include "tests/service/house.hpp"
#include "tests/support/source_file.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A house that robots call at: their gate, the sample machine, and what the database knows of a device.
class robot_world : public house {
public:
    explicit robot_world(const json& machine = sample()) {
        auto loaded = statemachine::load_definition(machine);
        if (!loaded.machine) throw std::runtime_error("the robot's machine does not load");
        machines.add(*loaded.machine);
        limits.robot_connections_per_minute = 1e6;
        open_gate();
    }

    static json sample() { return json::parse(read_source_file("samples/machines/robot.json")); }

    /// Both tokens of the kitchen's robot stand for one device.
    void open_gate(service::unknown_robots others = service::unknown_robots::welcome) {
        service::robot_house_rules rules{env, *sessions, limits, "robot", tasks, recording};
        std::vector<service::robot_token> tokens{
            {"kitchen-1", "kitchen"}, {"kitchen-2", "kitchen"}, {"hall", "hall"}};
        gate = std::make_unique<service::robot_gate>(std::move(rules), tokens, others);
    }

    /// The server ends in order and begins anew with the same database. No robot may be connected.
    void restart() {
        close();
        open();
        open_gate();
    }

    static websocket::request knock(const std::string& token, const std::string& path = "/v1/listen") {
        websocket::request request;
        request.method = "GET";
        request.path = path;
        if (!token.empty()) request.authorization = "Bearer " + token;
        request.upgrade = true;
        return request;
    }

    std::unique_ptr<fake_socket> call(const std::string& token = "kitchen-1",
                                      const std::string& path = "/v1/listen") {
        auto admitted = gate->admit(knock(token, path));
        auto* accepted = std::get_if<websocket::accept_upgrade>(&admitted);
        if (!accepted) throw std::runtime_error("the robot was turned away");
        return std::make_unique<fake_socket>(env, std::move(accepted->handler), accepted->limits);
    }

    /// What the database has of a device's conversation; throws when there is none.
    persistence::session_row row(const std::string& device = "kitchen") {
        persistence::robot_sessions index(database.inner());
        auto entry = env.run(index.load({account_id{"local"}, device_id{device}, "robot"})).value();
        return env.run(database.inner().read_session(entry.session)).value();
    }

    /// The turns that are stored, oldest first.
    std::vector<persistence::log_entry> stored_turns(const std::string& device = "kitchen") {
        auto key = row(device).key;
        auto turns = env.run(database.inner().latest_turns(key, 100)).value();
        for (auto& turn : turns)
            turn = env.run(database.inner().find_turn(key, turn.turn)).value(); // with what was asked
        std::ranges::reverse(turns);
        return turns;
    }

    json stored_context(const std::string& device = "kitchen") {
        return service::restore_state(*machines.find("robot"), row(device).state).value().device_context;
    }

    std::unique_ptr<service::robot_gate> gate;
    service::recorder* recording = nullptr; ///< of a gate that is opened from now on; nothing: none
};

// ---- what a robot sends

inline json robot_frame(const std::string& type, const std::string& transaction, json data) {
    return {{"type", type},
            {"ts", 1766400000000},
            {"transID", transaction},
            {"msgID", transaction + "-" + type},
            {"data", std::move(data)}};
}
inline json listen(const std::string& transaction, std::int64_t silence = 7000) {
    return robot_frame("LISTEN", transaction,
                       {{"rules", {"launch", "globals/global_commands_launch"}},
                        {"asr", {{"sosTimeout", silence}, {"maxSpeechTimeout", 20000}}}});
}
inline json heard(const std::string& transaction, const std::string& text) {
    return robot_frame("CLIENT_ASR", transaction, {{"text", text}});
}
inline json touched(const std::string& transaction, const std::string& intent, json entities) {
    return robot_frame("CLIENT_NLU", transaction,
                       {{"intent", intent}, {"entities", std::move(entities)}, {"rules", {"main-menu/go"}}});
}
inline json surroundings(const std::string& transaction, const json& speaker = nullptr) {
    return robot_frame("CONTEXT", transaction, {{"runtime", {{"perception", {{"speaker", speaker}}}}}});
}
inline json triggered(const std::string& transaction) {
    return robot_frame("TRIGGER", transaction, {{"triggerSource", "SURPRISE"}});
}

// ---- what it gets

/// The frames that wait on a socket, and when they may leave.
struct robot_answer {
    std::string types; ///< `LISTEN,EOS,SKILL_ACTION`; empty: nothing
    std::vector<milliseconds> delays;
    std::vector<json> frames;

    std::string spoken() const {
        for (const auto& frame : frames)
            if (const json* esml = find_pointer(frame, "/data/action/config/jcp/config/play/esml"))
                return esml->get<std::string>();
        return {};
    }
};

inline robot_answer take_answer(robot_world& world, fake_socket& socket) {
    robot_answer answer;
    while (auto due = socket.next_due()) {
        auto frame = *socket.next();
        if (!answer.types.empty()) answer.types += ',';
        answer.types += frame.value("type", "?");
        answer.delays.push_back(*due - world.env.steady_now());
        answer.frames.push_back(std::move(frame));
    }
    return answer;
}

/// Says a frame and gives what it is answered with at once.
inline robot_answer tell(robot_world& world, fake_socket& socket, const json& frame) {
    socket.say(frame);
    world.env.run_ready();
    return take_answer(world, socket);
}

/// One turn on a connection of its own, as robots take them: what is heard, and what is spoken in return.
inline std::string converse(robot_world& world, const std::string& transaction, const std::string& text,
                            const std::string& token = "kitchen-1") {
    auto socket = world.call(token);
    tell(world, *socket, listen(transaction));
    return tell(world, *socket, heard(transaction, text)).spoken();
}

} // namespace rejoinder::tests
