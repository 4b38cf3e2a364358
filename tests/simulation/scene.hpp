#pragma once

#include "persistence/memory/memory_database.hpp"
#include "service/client/returning_client.hpp"
#include "tests/service/house.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::tests::simulation {

/// Keeps what a client is told.
struct notebook final : service::client_listener {
    void on_welcome(const json& welcome) override { outcomes.push_back(welcome.value("outcome", "")); }
    void on_event(const json& event) override {
        events.push_back(event);
        numbers.push_back(event.value("seq", 0));
        if (event.value("kind", "") == "say") said.push_back(event["data"].value("text", ""));
    }
    void on_settled(const std::string& turn, const json& answer) override {
        settled.push_back(turn);
        answers.push_back(answer.value("type", ""));
    }
    void on_away(const service::absence& how) override {
        codes.push_back(how.code);
        pauses.push_back(how.pause);
    }

    std::vector<std::string> outcomes;
    std::vector<json> events;
    std::vector<int> numbers;
    std::vector<std::string> said;
    std::vector<std::string> settled;
    std::vector<std::string> answers;
    std::vector<std::uint16_t> codes;
    std::vector<milliseconds> pauses;
};

/// One server on a network, and one client of it, in a calm.
class scene {
public:
    /// `prepare` is called before the client begins.
    explicit scene(std::size_t under_way = 1, const std::function<void(network&)>& prepare = {})
        : store_(*persistence::open_memory_database(env, {})),
          net(env, luck_, weather_, trace_),
          client(env, {"ws://simulated/v1/session", {}, net.dialer_of("d")}, memory(), "parrot", notes,
                 under_way),
          tasks_(env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {
        machines_.add(test_machine());
        options.limits.attach_attempts_per_minute = options.limits.attach_attempts_burst = 1e6;
        options.limits.address_attempts_per_minute = options.limits.address_attempts_burst = 1e6;
        start_server();
        if (prepare) prepare(net);
        tasks_.spawn(keep_end());
        env.advance(milliseconds(100));
    }
    ~scene() {
        client.leave();
        env.run(tasks_.join());
        stop_server();
        env.run(net.close());
    }

    void start_server() {
        auto open = [this] {
            return std::make_unique<simulated_database>(env, *store_, luck_, weather_, trace_, "node",
                                                        simulated_database::rules{});
        };
        server = std::make_unique<node>(env, net, open, machines_, options, "node");
    }
    void stop_server() {
        if (server) env.run(server->drain(milliseconds(0)));
        server.reset();
    }
    void say(const std::string& id, const std::string& text) { REQUIRE(client.submit(id, {{"text", text}})); }

    manual_environment env;
    service::config options;

private:
    static service::client_memory memory() {
        service::client_memory fresh;
        fresh.device = "d";
        return fresh;
    }
    task<> keep_end() {
        auto running = client.run();
        end = co_await std::move(running);
    }

    chance luck_{1};
    weather weather_;
    trace trace_{env};
    service::machine_catalog machines_;
    std::unique_ptr<persistence::database> store_;

public:
    network net;
    notebook notes;
    service::returning_client client;
    std::unique_ptr<node> server;
    std::optional<service::client_end> end;

private:
    task_group tasks_;
};

} // namespace rejoinder::tests::simulation
