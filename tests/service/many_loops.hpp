#pragma once

#include "persistence/task_group.hpp"
#include "service/admin/remote_database.hpp"
#include "service/client/session_client.hpp"
#include "service/further_loops.hpp"
#include "service/server.hpp"
#include "tests/service/house.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/websocket/loopback.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A server of parrots and robots with several loops, over real sockets; its clients are on the test's
/// thread, which is that of its first loop.
class many_loops {
public:
    enum class store { memory, sqlite };

    /// Where a database is to outlive this, `folder` has it.
    explicit many_loops(std::size_t loops, store of, service::config wanted = {},
                        temporary_folder* folder = nullptr)
        : options_(std::move(wanted)), further_(loops - 1) {
        options_.listen = "127.0.0.1:0";
        options_.limits.attach_attempts_per_minute = options_.limits.attach_attempts_burst = 1e9;
        options_.limits.takeovers = 1'000'000;
        options_.limits.connections_per_user = 1000;
        options_.limits.robot_connections_per_minute = 1e9;
        options_.limits.drain = milliseconds(2000);
        options_.limits.commit_lag = milliseconds(60'000); // of a busy machine
        options_.limits.queues.commit_wait = milliseconds(60'000);
        where_.type =
            of == store::memory ? persistence::database_type::memory : persistence::database_type::sqlite;
        where_.location = (folder ? *folder : own_folder_).file("sessions.db");
        store_.emplace(where_, [this](std::string& why) {
            ++opened;
            return persistence::open_database(world.env(), where_, why);
        });
        std::string why;
        if (!store_->open(why)) throw std::runtime_error(why);
        service::machine_catalog machines;
        machines.add(test_machine());
        auto robot =
            statemachine::load_definition(json::parse(read_source_file("samples/machines/robot.json")));
        machines.add(*robot.machine);
        machines.add(egg_timer());
        std::vector<service::server_loop> others;
        for (std::size_t i = 0; i < further_.count(); ++i)
            others.push_back({further_.env(i)});
        server.emplace(world.env(), *store_, std::move(machines), options_, service::credentials::access(),
                       nullptr, nullptr, others);
        if (!server->listen()) throw std::runtime_error("the server does not listen");
        further_.start([](const std::exception_ptr& what) { std::rethrow_exception(what); });
    }
    ~many_loops() { end(); }

    /// The server drains and goes; the store is closed.
    void end() {
        if (!server) return;
        if (!drained) world.run(server->drain(milliseconds(0)));
        world.run(store_->close());
        further_.join();
        CHECK(server->live_sessions() == 0);
        server.reset();
    }

    std::unique_ptr<service::session_client> client(service::client_memory memory) {
        return std::make_unique<service::session_client>(world.env(), server->url(), std::move(memory));
    }
    service::client_memory device(const std::string& name) { return {name, "", "", "", 0, 0}; }

    /// Runs so many tasks at the same time.
    void run_all(std::size_t count, const std::function<task<>(std::size_t)>& make) {
        task_group all(world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        for (std::size_t i = 0; i < count; ++i)
            all.spawn(make(i));
        world.run(all.join(), std::chrono::seconds(60));
    }

    /// Looks every 5 ms, with nothing running meanwhile, as a look may run the loop itself.
    void run_until(const std::function<bool()>& is_so) {
        for (int looks = 0; !is_so(); ++looks) {
            if (looks == 4000) throw std::runtime_error("what is waited for does not come");
            world.run(pass_time(&world.env(), milliseconds(5)));
        }
    }

    /// The whole answer to a GET.
    std::string get(const std::string& path) { return world.get(ask(&world, server->port(), path)); }

    loopback world;
    int opened = 0;
    bool drained = false;
    std::optional<service::server> server;

private:
    /// It rings by itself half a second after it was told to boil.
    static statemachine::definition egg_timer() {
        auto loaded = statemachine::load_definition(json::parse(R"({"id": "eggs", "version": 1,
            "initial": "idle", "states": {
                "idle": {"on": {"turn.text": "boiling"}},
                "boiling": {"after": {"500": {"target": "done",
                    "actions": [{"type": "say", "params": {"text": "The egg!"}}]}}},
                "done": {}}})"));
        return *loaded.machine;
    }

    static task<std::string> ask(loopback* world, std::uint16_t port, std::string path) {
        auto peer = co_await world->dial(port);
        co_await peer.write("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        co_await peer.read_answer();
        auto body = co_await peer.read_body();
        co_return peer.answer + body;
    }

    temporary_folder own_folder_;
    service::config options_;
    service::further_loops further_;
    persistence::database_options where_;
    std::optional<service::store_keeper> store_;
};

/// Says something and waits for the end of the turn: its `turn.done`; null when none comes.
inline task<json> take_turn(service::session_client* by, std::string id) {
    by->submit(id, {{"text", id}});
    while (auto frame = co_await by->receive(milliseconds(15'000))) {
        if (frame->value("gap", false)) throw std::runtime_error("an event is missing");
        bool is_done = frame->value("type", "") == "event" && frame->value("kind", "") == "turn.done";
        if (is_done && frame->value("turn", "") == id) co_return *frame;
        if (frame->value("type", "") == "rejected") throw std::runtime_error(to_text(*frame));
    }
    co_return json();
}

} // namespace rejoinder::tests
