#pragma once

#include "service/responder.hpp"
#include "tests/service/worker_machine.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// Answers as the test wants it, when the test wants it.
class scripted_mind final : public service::responder {
public:
    struct asked {
        service::question what;
        listener who;
        bool wanted = true; ///< until the session has dropped it
    };

    std::unique_ptr<asking> ask(service::question what, listener who) override {
        calls.push_back(std::make_shared<asked>(asked{std::move(what), std::move(who)}));
        return std::make_unique<hold>(calls.back());
    }

    /// The latest question; there must be one.
    asked& last() { return *calls.at(calls.size() - 1); }

    void say(const std::string& more) {
        if (last().wanted) last().who.on_part(more);
    }
    void finish(json output) {
        if (last().wanted) last().who.on_end({service::call_outcome::end::done, std::move(output)});
    }
    void fail(const std::string& code) {
        if (last().wanted) last().who.on_end(service::failed_call(code, "It did not work."));
    }

    std::vector<std::shared_ptr<asked>> calls;

private:
    struct hold final : asking {
        explicit hold(std::shared_ptr<asked> held) : what(std::move(held)) {}
        ~hold() override { what->wanted = false; }
        std::shared_ptr<asked> what;
    };
};

/// "think" asks the responder and says what it answered, and asks once more when that is "again"; "ponder"
/// has no word for its failure, anything else is said back.
inline statemachine::definition thinking_machine() {
    auto loaded = statemachine::load_definition(ordered_json::parse(R"({
      "id": "worker", "version": 1, "initial": "ready", "states": {
        "ready": {"on": {"turn.text": [
          {"guard": {"type": "matches", "params": {"any": ["think"]}}, "target": "thinking",
           "actions": [{"type": "say", "params": {"text": "Hm."}}]},
          {"guard": {"type": "matches", "params": {"any": ["ponder"]}}, "target": "pondering"},
          {"actions": [{"type": "say", "params": {"text": "You said {{ event.text }}."}}]}]}},
        "thinking": {
          "invoke": {"src": "responder", "id": "mind", "input": {"said": {"from": "/event/text"}},
            "onDone": [
              {"guard": {"type": "matches", "params": {"text": {"from": "/event/output/text"}, "any": ["again"]}},
               "target": "thinking", "reenter": true},
              {"target": "ready", "actions": [{"type": "say", "params": {"text": "{{ event.output.text }}"}}]}],
            "onError": {"target": "ready", "actions": [
              {"type": "say", "params": {"text": "I can't: {{ event.error.code }}."}}]}},
          "after": {"30000": "ready"}},
        "pondering": {"invoke": {"src": "responder", "onDone": "ready"},
          "on": {"turn.text": "ready"}}
      }})"));
    if (!loaded.machine) throw std::runtime_error(loaded.problems.at(0).message);
    return *loaded.machine;
}

/// A house with one client of a thinking machine, or of another one with its id.
class study : public house {
public:
    explicit study(statemachine::definition machine = thinking_machine()) {
        answers = &mind;
        limits.heartbeat = std::chrono::hours(1);
        machines.add(std::move(machine));
        close();
        open();
        socket = connect();
        welcome = attach(*socket, workshop::hello());
        hear();
    }
    ~study() { close(); } // before the mind goes

    void say(const json& frame) {
        socket->say(frame);
        env.run_ready();
    }
    std::vector<std::string> hear() {
        env.run_ready();
        return workshop::hear(*socket);
    }

    scripted_mind mind;
    std::unique_ptr<fake_socket> socket;
    json welcome;
};

} // namespace rejoinder::tests
