#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/session_names.hpp"
#include "persistence/encryption/vault.hpp"

#include <memory>

namespace rejoinder::persistence::encryption {

/// Any database, whose values are sealed on their way in and opened on their way out.
///
/// - Whoever can read the store's files learns types, owners, sizes, times, names of sessions and turns, and
///   which values are whose. Values, what was said, and keys that hold it are hidden.
/// - Whoever can write to them can't make a value up, nor move one to another record, session or column; an
///   earlier value of the same place can be put back, and whole records can be removed. In a store where
///   plain texts are still accepted, a plain one can be put anywhere.
/// - Records whose type has personal keys come in the order of their pseudonyms: always the same, so pages
///   follow on each other. Keys lead to those below them at slashes only. The feed of changes shows the
///   pseudonyms.
/// - A read ends in front of a damaged value, and at one that it would begin with `corrupt` or `missing_key`.
/// - The bound of 1 MiB is one of plain texts; the inner database takes what they become.
///
/// Sealing and opening happen on the environment's thread, some gigabytes a second.
class encrypted_database final : public database {
public:
    encrypted_database(std::unique_ptr<database> inner, vault sealing)
        : inner_(std::move(inner)), vault_(std::move(sealing)) {}

    /// For what goes through the store as it stands on the disk.
    database& inner() noexcept { return *inner_; }
    vault& sealing() noexcept { return vault_; }

    database_type type() const noexcept override { return inner_->type(); }
    persistence::durability durability() const noexcept override { return inner_->durability(); }
    const std::string& incarnation() const noexcept override { return inner_->incarnation(); }
    store_health health() const noexcept override { return inner_->health(); }
    schema_versions schema() const noexcept override { return inner_->schema(); }
    bool hides_keys() const noexcept override { return true; }

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
    task<result<std::uint64_t>> size() override { return inner_->size(); }
    task<error_code> compact() override { return inner_->compact(); }
    task<error_code> back_up(std::string place) override { return inner_->back_up(std::move(place)); }
    task<result<change_page>> read_changes(std::string after, std::size_t limit) override;
    task<> close() override { return inner_->close(); }

private:
    void seal(change_set& changes) const;
    void seal(transfer& what) const;
    result<std::vector<record>> open(std::vector<record> found) const;
    task<result<std::vector<log_entry>>> open(session_key session, std::vector<log_entry> found);
    task<result<std::vector<log_entry>>> open_page(session_key session,
                                                   task<result<std::vector<log_entry>>> reading);
    task<error_code> check_owner(session_key session, session_id claimed);

    std::unique_ptr<database> inner_;
    vault vault_;
    session_names names_;
};

} // namespace rejoinder::persistence::encryption
