#pragma once

#include "persistence/memory/memory_database.hpp"
#include "service/ledger.hpp"
#include "tests/service/house.hpp"
#include "tests/support/catch_result.hpp"
#include "websocket/protocol/codec.hpp"

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// A database in virtual time, and ledgers over one session in it.
struct ledger_desk {
    ledger_desk() = default;
    /// Over another database than one in memory; who makes it closes it.
    explicit ledger_desk(const persistence::database_options& of)
        : database(env, [&] {
              std::string why;
              auto opened = persistence::open_database(env, of, why);
              INFO(why);
              REQUIRE(opened);
              return std::move(*opened);
          }()) {}

    manual_environment env;
    faulty_database database{env, *persistence::open_memory_database(env, {})};
    service::settings limits;
    statemachine::definition machine = test_machine();
    device_id device{"d-1"};

    /// A ledger of a session that is not stored yet.
    service::ledger unborn() {
        service::session_origin origin;
        origin.row.id = session_id{"s-1"};
        origin.row.account = account_id{"local"};
        origin.row.machine = "parrot";
        origin.row.machine_version = 1;
        return {env, database, limits, std::move(origin)};
    }

    /// A ledger of the session as the database has it.
    service::ledger loaded() {
        auto row = env.run(database.read_session(session_id{"s-1"}));
        REQUIRE(row);
        auto state = service::restore_state(machine, row->state);
        auto devices = service::restore_devices(row->devices);
        REQUIRE((state && devices));
        return {env, database, limits, {*row, *state, *devices, {}}};
    }

    /// A draft of a turn, or of the session's beginning, that shows this many events with texts of a size.
    std::unique_ptr<service::ledger::draft> drafted(const service::ledger& book, const std::string& turn,
                                                    std::size_t events = 2, std::size_t bytes = 5) {
        auto next = book.make_draft();
        service::turn_result result;
        result.next = next->state;
        if (!book.born())
            result.next = service::take_turn(machine, {}, {}, {next->now, 1, json::object()}, 0).next;
        ++result.next.revision;
        for (std::size_t i = 1; i <= events; ++i)
            result.events.push_back(
                {next->row.head + i, "say", turn_id{turn}, next->now, {{"text", std::string(bytes, 'x')}}});
        next->take(std::move(result));
        if (turn.empty()) return next;
        service::turn_request request;
        request.id = turn_id{turn};
        request.device = device;
        request.number = book.highest_number(device) + 1;
        request.digest = "digest of " + turn;
        next->record_turn(service::identity_of(request), "done", json::object());
        return next;
    }

    service::commit_end commit(service::ledger& book, std::unique_ptr<service::ledger::draft> next) {
        return env.run(book.commit(std::move(next)));
    }

    service::ledger born() {
        auto book = unborn();
        REQUIRE(commit(book, drafted(book, "")).committed());
        return book;
    }

    std::vector<websocket::protocol::event> log(const service::ledger& book) {
        std::vector<websocket::protocol::event> all;
        auto entries = env.run(database.read_log(book.row().key, 0, 1 << 20, 1 << 30));
        REQUIRE(entries);
        for (const auto& entry : *entries) {
            auto events = websocket::protocol::restore_events(entry.events);
            REQUIRE(events);
            all.insert(all.end(), events->begin(), events->end());
        }
        return all;
    }

    /// A device that has attached: `token` is issued to it.
    void welcome(service::ledger& book, const std::string& token) {
        auto next = book.make_draft();
        next->devices[device].tokens.issue(token);
        auto outcome = commit(book, std::move(next));
        REQUIRE(outcome.committed());
    }

    service::resume_tokens::match find(const service::ledger& book, const std::string& token) {
        auto known = book.devices().find(device);
        return known == book.devices().end() ? service::resume_tokens::match::none
                                             : known->second.tokens.find(token, env.utc_now());
    }

    task_group tasks{env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }};
};

/// A commit that goes on while the test looks at the ledger.
inline task<> commit_later(service::ledger& book, std::unique_ptr<service::ledger::draft> next) {
    auto outcome = co_await book.commit(std::move(next));
    (void)outcome;
}

} // namespace rejoinder::tests
