#pragma once

#include "persistence/database.hpp"
#include "service/commit_lag.hpp"
#include "service/commit_verdict.hpp"
#include "service/log_retention.hpp"
#include "service/session_messages.hpp"
#include "service/session_state.hpp"
#include "service/settings.hpp"
#include "service/turn.hpp"
#include "service/version_change.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::service {

/// A session as it is taken from the database, or as it is going to be created.
struct session_origin {
    persistence::session_row row; ///< key zero: not created yet
    session_state state;          ///< empty until the session is created
    device_records devices;
    std::vector<persistence::record_write> with_birth; ///< written in the commit that creates the session
    /// Set: `state` is without a machine, and the session begins by this.
    std::optional<version_change> change{};
};

/// How a commit of a session ended, and what the session does about it.
struct commit_end {
    commit_verdict verdict = commit_verdict::committed;
    error_code error; ///< of the database; empty when it was committed

    bool committed() const noexcept { return verdict == commit_verdict::committed; }
};

/// The durable side of a live session: row, state and devices as the database has them, and the one way to
/// change them. A change is drafted on a copy, committed under the fence, and adopted only when it is
/// durable; so what is read here was never seen before its commit, and a failed commit leaves nothing to
/// undo.
class ledger {
public:
    /// Commits are measured by `lag`, unless it is null.
    ledger(environment& env, persistence::database& database, const settings& limits, session_origin origin,
           commit_lag* lag = nullptr);

    /// Without the texts of state and devices, which are below.
    const persistence::session_row& row() const noexcept { return row_; }
    const session_state& state() const noexcept { return state_; }
    const device_records& devices() const noexcept { return devices_; }
    const std::string& epoch() const noexcept { return epoch_; }
    bool born() const noexcept { return row_.key.value != 0; }
    bool ended() const noexcept { return row_.closed.has_value(); }
    /// Of the texts of state and devices as they were stored last.
    std::size_t stored_bytes() const noexcept { return stored_bytes_; }
    /// Whether a draft is under way.
    bool committing() const noexcept { return committing_; }
    /// The log as far as it can be sent.
    log_extent extent() const;

    /// Greater with every activation of the session.
    std::uint64_t generation() const noexcept { return generation_; }

    /// When the next timer falls due; nothing when none runs or the session has ended.
    std::optional<utc_time> next_timer() const;

    /// An event that should be in the log can't be sent from it: it counts as let go, with all before it;
    /// durable with the next commit.
    void give_up_log(std::uint64_t unread) noexcept;

    /// A change in the making. Whoever drafts it sets members; numbers, times and the fence are the ledger's.
    struct draft {
        utc_time now{};
        persistence::session_row row;
        session_state state;
        device_records devices;
        log_retention retention;
        std::optional<persistence::log_entry> entry;
        std::vector<persistence::record_write> writes;
        websocket::protocol::live_events events; ///< of the entry, for publishing

        /// Takes over what a happening came to: state, events, messages, and the end of the session. `step`
        /// is what it was made from, for the log; empty where no step was made.
        void take(turn_result&& result, std::string step = {});

        /// Its events, for whoever publishes them once it is durable; a commit has no use for them.
        websocket::protocol::live_events take_events() { return std::exchange(events, {}); }
        /// Makes the entry one of a turn that has come to an end, and tells what a retry of it will be
        /// answered with. `first` is the first of the turn's events where it lies before those of the entry.
        turn_record record_turn(const turn_identity& who, std::string status, const json& outcome,
                                std::uint64_t first = 0);
        /// The device's turns up to this number are recorded.
        void raise_number(const turn_identity& who);
    };
    /// One that leaves the state as it is.
    std::unique_ptr<draft> make_draft() const;
    /// One whose state comes with `take`.
    std::unique_ptr<draft> make_draft_for_result() const;

    /// Commits the draft. When it was, the ledger stands where the draft stood; otherwise nothing has changed
    /// here; with the verdict `abandon` what is here can't be trusted any more, and the session must end.
    task<commit_end> commit(std::unique_ptr<draft> next);

    /// For who waits for something else between a draft and its commit: what is confirmed meanwhile is not
    /// lost to the draft. Ends with the commit, or with `drop_draft` where none comes.
    void hold_draft() noexcept { committing_ = true; }
    void drop_draft();

    /// Confirms a resume token of the device if it is the one issued last; durable with the next commit.
    /// Until then a crash would bring the older token back to life, so whoever confirms sees to it that one
    /// comes.
    void confirm_token(const device_id& device, const std::string& token);
    bool has_unsaved_tokens() const noexcept { return unsaved_tokens_; }

    /// The turn as it was recorded. `not_found` when the id is new.
    task<result<turn_record>> find_turn(turn_id id);

    /// The latest turns with their outcomes, oldest first, as a snapshot shows them.
    task<result<json>> latest_turns();

    /// The highest number of the device's recorded turns; 0 when there is none.
    std::uint64_t highest_number(const device_id& device) const;

private:
    persistence::change_set take_changes(draft& next) const;
    std::optional<persistence::said_in_log> said_of(const draft& next) const;
    void adopt(draft& next, persistence::session_key key);
    void index_due(persistence::change_set& changes, std::optional<utc_time> before,
                   std::optional<utc_time> after) const;

    environment& env_;
    persistence::database& database_;
    const settings& limits_;
    commit_lag* lag_;
    persistence::session_row row_;
    std::size_t stored_bytes_;
    session_state state_;
    device_records devices_;
    log_retention retention_;
    std::uint64_t unreadable_ = 0; ///< the latest event that should be in the log and can't be sent from it
    std::vector<persistence::record_write> with_birth_;
    std::string epoch_;
    std::uint64_t generation_; ///< that this activation commits under
    bool unsaved_tokens_ = false;
    bool committing_ = false; ///< or a draft is held
    /// Meanwhile; at most one a connection.
    std::vector<std::pair<device_id, std::string>> confirmed_meanwhile_;
};

turn_record to_turn_record(const persistence::log_entry& entry);

} // namespace rejoinder::service
