#pragma once

#include "persistence/database.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/weather.hpp"

#include <string>

namespace rejoinder::tests::simulation {

/// A node's way to the store that all nodes share: everything takes its time, may be refused, and a commit's
/// answer may be lost. When the node crashes, what has not reached the store by then never does.
class simulated_database final : public persistence::database {
public:
    /// What a test may switch off to see that it is missed.
    struct rules {
        bool fences = true;       ///< a commit's condition on the session is looked at
        bool unique_turns = true; ///< a turn's id is taken once
    };

    simulated_database(environment& env, persistence::database& store, chance& luck, const weather& now,
                       trace& log, std::string node, rules kept);

    /// The node has crashed: nothing reaches the store any more.
    void detach() noexcept { detached_ = true; }

    persistence::database_type type() const noexcept override { return store_.type(); }
    persistence::durability durability() const noexcept override { return persistence::durability::group; }
    const std::string& incarnation() const noexcept override { return store_.incarnation(); }
    bool completes_states() const noexcept override { return true; }
    persistence::store_health health() const noexcept override { return store_.health(); }

    task<persistence::commit_outcome> commit(persistence::change_set changes) override;
    task<result<persistence::record>> read(persistence::record_id id) override;
    task<result<std::vector<persistence::record>>> scan(persistence::scan_request request) override;
    task<result<persistence::session_row>> read_session(session_id id) override;
    task<result<std::vector<persistence::log_entry>>> read_log(persistence::session_key session,
                                                               std::uint64_t after, std::size_t max_events,
                                                               std::size_t max_bytes) override;
    task<result<std::vector<persistence::log_entry>>> read_history(persistence::session_key session,
                                                                   persistence::log_position after,
                                                                   std::size_t limit) override;
    task<result<persistence::log_entry>> find_turn(persistence::session_key session, turn_id turn) override;
    task<result<std::vector<persistence::log_entry>>> latest_turns(persistence::session_key session,
                                                                   std::size_t limit) override;
    task<result<std::vector<persistence::record>>> walk_records(std::optional<persistence::record_id> after,
                                                                std::size_t limit) override;
    task<result<std::vector<persistence::session_row>>> walk_sessions(session_id after,
                                                                      std::size_t limit) override;
    task<error_code> transplant(persistence::transfer what) override;
    task<result<persistence::purged>> purge(utc_time expired_before, std::size_t limit) override;
    task<result<std::uint64_t>> size() override;
    task<error_code> compact() override;
    task<error_code> back_up(std::string place) override;
    task<result<persistence::change_page>> read_changes(std::string after, std::size_t limit) override;
    task<> close() override { co_return; } // the store is everybody's

private:
    template <class T>
    task<T> answer(task<T> work);
    task<> pass();
    task<> forget_rules(persistence::session_change* change);
    task<bool> complete(persistence::session_change* change);

    environment& env_;
    persistence::database& store_;
    chance& luck_;
    const weather& weather_;
    trace& trace_;
    std::string node_;
    rules rules_;
    bool detached_ = false;
};

} // namespace rejoinder::tests::simulation
