#pragma once

#include "persistence/database.hpp"
#include "service/machine_catalog.hpp"
#include "service/recording/recorder.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace rejoinder::service {

/// Any database, whose commits of sessions are recorded as they become durable. The first commit of a session
/// whose recording does not go up to it waits for a read of the session's row, which the recording begins
/// with; all else is handed on as it is.
///
/// What is given outlives it.
class recording_database final : public persistence::database {
public:
    recording_database(persistence::database& inner, recorder& into, const machine_catalog& machines)
        : inner_(inner), recorder_(into), machines_(machines) {}

    persistence::database_type type() const noexcept override { return inner_.type(); }
    persistence::durability durability() const noexcept override { return inner_.durability(); }
    const std::string& incarnation() const noexcept override { return inner_.incarnation(); }
    persistence::store_health health() const noexcept override { return inner_.health(); }
    persistence::schema_versions schema() const noexcept override { return inner_.schema(); }
    bool hides_keys() const noexcept override { return inner_.hides_keys(); }

    /// A recording begins with a whole state, so the store is given none without its messages: its rows are
    /// longer while sessions are recorded.
    bool completes_states() const noexcept override { return false; }

    task<persistence::commit_outcome> commit(persistence::change_set changes) override;

    task<result<persistence::record>> read(persistence::record_id id) override {
        return inner_.read(std::move(id));
    }
    task<result<std::vector<persistence::record>>> scan(persistence::scan_request request) override {
        return inner_.scan(std::move(request));
    }
    task<result<persistence::session_row>> read_session(session_id id) override {
        return inner_.read_session(std::move(id));
    }
    task<result<std::vector<persistence::log_entry>>> read_log(persistence::session_key session,
                                                               std::uint64_t after, std::size_t max_events,
                                                               std::size_t max_bytes) override {
        return inner_.read_log(session, after, max_events, max_bytes);
    }
    task<result<std::vector<persistence::log_entry>>> read_history(persistence::session_key session,
                                                                   persistence::log_position after,
                                                                   std::size_t limit) override {
        return inner_.read_history(session, after, limit);
    }
    task<result<persistence::log_entry>> find_turn(persistence::session_key session, turn_id turn) override {
        return inner_.find_turn(session, std::move(turn));
    }
    task<result<std::vector<persistence::log_entry>>> latest_turns(persistence::session_key session,
                                                                   std::size_t limit) override {
        return inner_.latest_turns(session, limit);
    }
    task<result<std::vector<persistence::record>>> walk_records(std::optional<persistence::record_id> after,
                                                                std::size_t limit) override {
        return inner_.walk_records(std::move(after), limit);
    }
    task<result<std::vector<persistence::session_row>>> walk_sessions(session_id after,
                                                                      std::size_t limit) override {
        return inner_.walk_sessions(std::move(after), limit);
    }
    task<error_code> transplant(persistence::transfer what) override {
        return inner_.transplant(std::move(what));
    }
    task<result<persistence::purged>> purge(utc_time expired_before, std::size_t limit) override {
        return inner_.purge(expired_before, limit);
    }
    task<result<std::uint64_t>> size() override { return inner_.size(); }
    task<error_code> compact() override { return inner_.compact(); }
    task<error_code> back_up(std::string place) override { return inner_.back_up(std::move(place)); }
    task<result<persistence::change_page>> read_changes(std::string after, std::size_t limit) override {
        return inner_.read_changes(std::move(after), limit);
    }
    task<> close() override { return inner_.close(); }

private:
    std::shared_ptr<const ordered_json> document_of(const persistence::session_row& row);

    persistence::database& inner_;
    recorder& recorder_;
    const machine_catalog& machines_;
    std::map<std::string, std::shared_ptr<const ordered_json>>
        documents_; ///< by machine, once they were needed
};

} // namespace rejoinder::service
