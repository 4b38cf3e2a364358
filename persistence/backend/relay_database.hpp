#pragma once

#include "persistence/database.hpp"

#include <string>

namespace rejoinder::persistence::backend {

/// A database that belongs to one loop, for the coroutines of all loops: each call runs on the loop where the
/// database lives, and the caller goes on where it was. Calls that one loop makes reach it in their order. On
/// that loop itself a call is made as if this were not there.
///
/// Any thread. The owner outlives it and closes the database; `close` does nothing here.
class relay_database final : public database {
public:
    /// `inner` lives on the loop `home`.
    relay_database(database& inner, executor home)
        : inner_(inner), home_(std::move(home)), incarnation_(inner.incarnation()), schema_(inner.schema()) {}

    database_type type() const noexcept override { return inner_.type(); }
    persistence::durability durability() const noexcept override { return inner_.durability(); }
    const std::string& incarnation() const noexcept override { return incarnation_; }
    schema_versions schema() const noexcept override { return schema_; }
    bool hides_keys() const noexcept override { return inner_.hides_keys(); }
    bool completes_states() const noexcept override { return inner_.completes_states(); }
    store_health health() const noexcept override { return inner_.health(); }

    task<commit_outcome> commit(change_set changes) override;
    task<result<record>> read(record_id id) override;
    task<result<std::vector<record>>> scan(scan_request request) override;
    task<result<session_row>> read_session(session_id id) override;
    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override;
    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override;
    task<result<log_entry>> find_turn(session_key session, turn_id turn) override;
    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override;
    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override;
    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override;
    task<error_code> transplant(transfer what) override;
    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override;
    task<result<std::uint64_t>> size() override;
    task<error_code> compact() override;
    task<error_code> back_up(std::string place) override;
    task<result<change_page>> read_changes(std::string after, std::size_t limit) override;
    task<> close() override;

private:
    database& inner_;
    executor home_;
    std::string incarnation_;
    schema_versions schema_;
};

/// Whether coroutines of any loop may call the database as it is: those are answered on their own loops. All
/// others live on the loop of the environment that they were opened with, and others need a relay to them.
/// That is so for SQLite, whose threads answer whoever asks; what is encrypted is sealed on its own loop.
bool serves_all_loops(const database& store) noexcept;

} // namespace rejoinder::persistence::backend
