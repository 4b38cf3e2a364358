#pragma once

#include "persistence/memory/memory_database.hpp"
#include "service/credentials/no_credentials.hpp"
#include "service/registry.hpp"
#include "service/session_endpoint.hpp"
#include "tests/support/fake_socket.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/manual_environment.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace rejoinder::tests {

/// A small machine for tests: it greets at creation, counts what it hears, asks for a name, and ends on
/// goodbye.
inline statemachine::definition test_machine(std::int64_t version = 1) {
    auto document = json::parse(R"({
      "id": "parrot", "version": 1, "initial": "listening",
      "context": {"heard": 0},
      "states": {
        "listening": {
          "entry": [{"type": "say", "params": {"text": "Hello."}}],
          "on": {
            "turn.text": [
              {"guard": {"type": "matches", "params": {"any": ["goodbye"]}}, "target": "over",
               "actions": [{"type": "say", "params": {"text": "Goodbye."}}]},
              {"guard": {"type": "matches", "params": {"any": ["ask me"]}},
               "actions": [{"type": "ask", "params": {"text": "What is your name?"}}]},
              {"guard": {"type": "matches", "params": {"any": ["call me"]}},
               "actions": [{"type": "remember", "params": {"key": "name", "value": {"from": "/event/text"}}}]},
              {"guard": {"type": "matches", "params": {"any": ["who am i"]}},
               "actions": [{"type": "say", "params": {"text": "You said: {{ user.name }}"}}]},
              {"actions": [{"type": "increment", "params": {"path": "/context/heard", "by": 1}},
                           {"type": "say", "params": {"text": "You said {{ event.text }}."}}]}
            ],
            "turn.quiet": {}
          }
        },
        "over": {"type": "final"}
      }
    })");
    document["version"] = version;
    auto loaded = statemachine::load_definition(document);
    std::string problems;
    for (const auto& p : loaded.problems)
        problems += p.pointer + ": " + p.message + "\n";
    if (!loaded.machine) throw std::runtime_error(problems);
    return *loaded.machine;
}

/// Sessions over the memory database in virtual time, with sockets that the test holds in its hand.
class house {
public:
    using opener = std::function<std::unique_ptr<persistence::database>(environment&)>;

    explicit house(std::uint64_t seed = 1, const opener& open_store = open_memory)
        : env(seed),
          database(env, open_store(env)),
          tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }) {
        limits.attach_attempts_per_minute = 1e6;
        limits.attach_attempts_burst = 1e6;
        limits.takeovers = 1000;
        machines.add(test_machine());
        open();
    }

    ~house() { close(); }

    static std::unique_ptr<persistence::database> open_memory(environment& env) {
        return *persistence::open_memory_database(env, {});
    }

    /// Starts the sessions' registry; what is stored is found again.
    void open() {
        service::session_house shared{env, database, limits, env.utc_now(), answers, &turns.lag()};
        sessions = std::make_unique<service::registry>(shared, machines);
    }
    void close() {
        if (!sessions) return;
        env.run(sessions->close());
        env.run(tasks.join());
        sessions.reset();
    }

    std::unique_ptr<fake_socket> connect(const std::string& account = "local") {
        auto& verifier = accounts[account];
        if (!verifier) verifier = std::make_unique<service::credentials::no_credentials>(account_id{account});
        return connect_to(*verifier);
    }

    /// A socket whose client has to show who it is.
    std::unique_ptr<fake_socket> connect_to(service::credentials::verifier& verifier,
                                            const std::string& address = "192.0.2.1") {
        auto& shared = endpoints.emplace_back(service::endpoint_house{
            env, *sessions, limits, verifier, strangers, attempts, unattached, attached, tasks});
        shared.address_attempts = addresses;
        shared.accounts = bounded_accounts;
        shared.turns = &turns;
        auto endpoint = std::make_unique<service::session_endpoint>(shared, address);
        return std::make_unique<fake_socket>(env, std::move(endpoint), limits.connection);
    }

    static json hello(const std::string& device = "d-1") {
        return {
            {"type", "hello"}, {"protocol", 1}, {"device", device}, {"create", true}, {"machine", "parrot"}};
    }
    static json turn(const std::string& id, std::uint64_t number, const std::string& text) {
        return {{"type", "turn"}, {"id", id}, {"number", number}, {"input", {{"text", text}}}};
    }

    /// Says hello and gives the welcome; fails the test when none comes.
    json attach(fake_socket& socket, const json& frame) {
        socket.say(frame);
        env.run_ready();
        auto welcome = socket.next("welcome");
        return welcome ? *welcome : json::object();
    }

    /// A hello that resumes from a welcome and the last event seen.
    static json resume(const json& welcome, std::uint64_t seen, const std::string& device = "d-1") {
        return {{"type", "hello"},
                {"protocol", 1},
                {"device", device},
                {"session", welcome["session"]},
                {"resume", welcome["resume"]},
                {"epoch", welcome["epoch"]},
                {"ack", seen}};
    }

    manual_environment env;
    faulty_database database;
    service::settings limits;
    service::turn_admission turns{env, limits};
    service::responder* answers = nullptr; ///< who speaks for machines, from the next `open` on
    service::machine_catalog machines;
    websocket::rate_limit strangers{1e6, 1e6, 1000};
    websocket::rate_limit attempts{1e6, 1e6, 1000};
    websocket::rate_limit* addresses = nullptr;          ///< nothing: attempts don't count by address
    service::account_bounds* bounded_accounts = nullptr; ///< nothing: accounts are not bounded
    std::atomic<std::size_t> unattached = 0;
    service::places attached;
    std::unique_ptr<service::registry> sessions;
    std::list<service::endpoint_house> endpoints; ///< one for each socket: the test may change what is shared
    std::map<std::string, std::unique_ptr<service::credentials::verifier>> accounts;
    task_group tasks;
};

} // namespace rejoinder::tests
