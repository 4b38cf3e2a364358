#include "persistence/encryption/rotation.hpp"

#include "persistence/encryption/encrypted_database.hpp"
#include "persistence/encryption/index_key.hpp"
#include "persistence/encryption/marker.hpp"

#include <optional>
#include <utility>

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::size_t records_at_once = 250;
constexpr std::size_t sessions_at_once = 100;
constexpr std::size_t entries_at_once = 250;

/// One walk through a store.
class rotation {
public:
    rotation(environment* env, encrypted_database* db, std::function<void(const rotated&)> told)
        : environment_(*env), stored_(db->inner()), vault_(db->sealing()), told_(std::move(told)) {}

    task<result<rotated>> run() {
        for (auto part : {&rotation::seal_records, &rotation::seal_sessions, &rotation::finish}) {
            auto working = (this->*part)();
            if (auto problem = co_await std::move(working)) co_return problem;
        }
        co_return done_;
    }

private:
    task<error_code> seal_records() {
        std::optional<record_id> after;
        for (;;) {
            auto walking = stored_.walk_records(after, records_at_once);
            auto found = co_await std::move(walking);
            if (!found) co_return found.error();
            if (found->empty()) co_return error_code();
            after = found->back().id;
            auto sealed = made();
            for (auto& one : *found)
                if (!is_marker(one.id) && seal(one)) sealed.records.push_back(std::move(one));
            done_.records += sealed.records.size();
            auto putting = put(std::move(sealed));
            if (auto problem = co_await std::move(putting)) co_return problem;
        }
    }

    task<error_code> seal_sessions() {
        session_id after;
        for (;;) {
            auto walking = stored_.walk_sessions(after, sessions_at_once);
            auto found = co_await std::move(walking);
            if (!found) co_return found.error();
            if (found->empty()) co_return error_code();
            after = found->back().id;
            for (auto& row : *found) {
                auto sealing = seal_session(std::move(row));
                if (auto problem = co_await std::move(sealing)) co_return problem;
            }
        }
    }

    /// The row goes with every part of the log: sealed anew it must not be put back as it was.
    task<error_code> seal_session(session_row row) {
        bool is_anew = seal(row);
        if (is_anew) ++done_.sessions;
        log_position after;
        for (;;) {
            auto reading = stored_.read_history(row.key, after, entries_at_once);
            auto found = co_await std::move(reading);
            if (!found) co_return found.error();
            if (found->empty() && !is_anew) co_return error_code();
            auto sealed = made();
            auto& part = sealed.sessions.emplace_back();
            part.row = row;
            part.which = moved_session::part::further;
            for (auto& entry : *found) {
                after = position_of(entry);
                if (seal(entry, row.id)) part.entries.push_back(std::move(entry));
            }
            done_.entries += part.entries.size();
            if (!is_anew && part.entries.empty()) continue;
            is_anew = false;
            auto putting = put(std::move(sealed));
            if (auto problem = co_await std::move(putting)) co_return problem;
        }
    }

    /// Notes that the current key is the only one; not when somebody else has changed what is noted.
    task<error_code> finish() {
        if (done_.damaged > 0) co_return error_code();
        auto loading = load_marker(&stored_);
        auto standing = co_await std::move(loading);
        if (!standing) co_return standing.error();
        const auto& noted = standing->stored;
        if (!noted) co_return errc::corrupt;
        const auto& texts = vault_.texts();
        auto index_key = open_index_key(texts, noted->index_key);
        if (!index_key) co_return index_key.error();
        const auto& current = texts.keys().current();
        marker changed;
        changed.keys.emplace(current.id, check_of(current));
        bool is_noted = noted->progress == progress::sealed && noted->keys == changed.keys &&
                        texts.is_current(noted->index_key);
        if (!is_noted) {
            changed.index_key = seal_index_key(texts, *index_key);
            auto saving =
                save_marker(&stored_, std::move(changed), standing->revision, environment_.utc_now());
            auto problem = co_await std::move(saving);
            if (problem == errc::conflict) co_return error_code();
            if (problem) co_return problem;
        }
        vault_.refuse_plain_texts();
        done_.complete = true;
        co_return error_code();
    }

    static transfer made() {
        transfer what;
        what.how = transfer::manner::restate;
        return what;
    }

    task<error_code> put(transfer what) {
        error_code problem;
        if (!what.records.empty() || !what.sessions.empty()) {
            auto putting = stored_.transplant(std::move(what));
            problem = co_await std::move(putting);
        }
        if (told_) told_(done_);
        co_return problem;
    }

    // Each leaves what was given as it shall stand, and answers whether it is to be written.

    bool seal(record& one) {
        if (vault_.is_current(one)) return false;
        if (auto problem = vault_.open(one)) return is_damaged();
        vault_.seal(one);
        return true;
    }

    bool seal(session_row& row) {
        if (vault_.is_current(row)) return false;
        auto opened = row;
        if (auto problem = vault_.open(opened)) return is_damaged();
        vault_.seal(opened);
        row = std::move(opened);
        return true;
    }

    bool seal(log_entry& entry, const session_id& of) {
        if (vault_.is_current(entry)) return false;
        auto opened = vault_.open(entry);
        if (!opened) return is_damaged();
        const auto& owner = *opened;
        if (owner && *owner != of) return is_damaged();
        vault_.seal(entry, of);
        return true;
    }

    bool is_damaged() {
        ++done_.damaged;
        return false;
    }

    environment& environment_;
    database& stored_;
    vault& vault_;
    std::function<void(const rotated&)> told_;
    rotated done_;
};

} // namespace

task<result<rotated>> rotate(environment* env, database* db, std::function<void(const rotated&)> told) {
    auto* sealed = dynamic_cast<encrypted_database*>(db);
    if (!sealed) co_return errc::unsupported;
    rotation whole(env, sealed, std::move(told));
    auto running = whole.run();
    co_return co_await std::move(running);
}

} // namespace rejoinder::persistence::encryption
