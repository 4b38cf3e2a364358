#include "persistence/encryption/encrypted_database.hpp"

#include "persistence/encryption/marker.hpp"
#include "persistence/encryption/sealed_bounds.hpp"
#include "persistence/log.hpp"
#include "persistence/rules.hpp"

#include <algorithm>

namespace rejoinder::persistence::encryption {
namespace {

bool touches_marker(const change_set& changes) {
    return std::ranges::any_of(changes.writes, [](const auto& write) { return is_marker(write.id); });
}

bool touches_marker(const transfer& what) {
    return std::ranges::any_of(what.records, [](const auto& one) { return is_marker(one.id); });
}

/// Ends the list with the one that brings its texts to the bound of a read: the inner database, which counts
/// sealed ones, goes on for a little longer.
template <class Read>
void keep_within_bound(std::vector<Read>& found) {
    std::size_t bytes = 0;
    auto at = found.begin();
    while (at != found.end() && bytes < size_bounds().read)
        bytes += rules::size_of(*at++);
    found.erase(at, found.end());
}

} // namespace

task<commit_outcome> encrypted_database::commit(change_set changes) {
    if (auto problem = rules::judge_size(changes, {})) co_return commit_outcome::refused(problem);
    // What is sealed is found in no other text, so no store completes it.
    if (auto incomplete = rules::judge_states(changes, completes_states()))
        co_return commit_outcome::refused(incomplete);
    if (touches_marker(changes)) co_return commit_outcome::refused(errc::bad_record);

    seal(changes);
    bool is_sessions = changes.session.has_value();
    auto name = is_sessions ? changes.session->row.id : session_id();
    auto committing = inner_->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    if (is_sessions && outcome.committed()) names_.note(outcome.session, std::move(name));
    co_return outcome;
}

/// The backend gives an entry the revision that its row has in the same commit: the one behind the expected.
void encrypted_database::seal(change_set& changes) const {
    if (auto& session = changes.session) {
        if (session->append) {
            session->append->revision = session->expected ? session->expected->revision.next() : revision{1};
            vault_.seal(*session->append, session->row.id);
        }
        vault_.seal(session->row);
    }
    for (auto& write : changes.writes)
        vault_.seal(write);
}

void encrypted_database::seal(transfer& what) const {
    for (auto& one : what.records)
        vault_.seal(one);
    for (auto& session : what.sessions) {
        for (auto& entry : session.entries)
            vault_.seal(entry, session.row.id);
        vault_.seal(session.row);
    }
}

task<result<record>> encrypted_database::read(record_id id) {
    if (is_marker(id)) co_return errc::not_found;
    auto reading = inner_->read(vault_.stored_id(std::move(id)));
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    if (auto problem = vault_.open(*found)) co_return problem;
    co_return found;
}

task<result<std::vector<record>>> encrypted_database::scan(scan_request request) {
    request.after_key = vault_.stored_id({request.type, request.scope, std::move(request.after_key)}).key;
    auto scanning = inner_->scan(std::move(request));
    auto found = co_await std::move(scanning);
    if (!found) co_return found.error();
    co_return open(std::move(*found));
}

/// The records in front of the first that does not open.
result<std::vector<record>> encrypted_database::open(std::vector<record> found) const {
    std::erase_if(found, [](const record& one) { return is_marker(one.id); });
    for (auto at = found.begin(); at != found.end(); ++at) {
        auto problem = vault_.open(*at);
        if (!problem) continue;
        if (at == found.begin()) return problem;
        found.erase(at, found.end());
        break;
    }
    keep_within_bound(found);
    return found;
}

task<result<session_row>> encrypted_database::read_session(session_id id) {
    auto reading = inner_->read_session(std::move(id));
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    names_.note(found->key, found->id);
    if (auto problem = vault_.open(*found)) co_return problem;
    co_return found;
}

task<result<std::vector<log_entry>>> encrypted_database::read_log(session_key session, std::uint64_t after,
                                                                  std::size_t max_events,
                                                                  std::size_t max_bytes) {
    auto reading = inner_->read_log(session, after, max_events, sealed_log_bytes(max_events, max_bytes));
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    auto opening = open(session, std::move(*found));
    auto opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    rules::log_budget budget(after, max_events, max_bytes);
    auto fits = [&budget](const log_entry& entry) { return budget.take(entry); };
    opened->erase(std::ranges::find_if_not(*opened, fits), opened->end());
    co_return opened;
}

task<result<std::vector<log_entry>>> encrypted_database::read_history(session_key session, log_position after,
                                                                      std::size_t limit) {
    return open_page(session, inner_->read_history(session, after, limit));
}

task<result<log_entry>> encrypted_database::find_turn(session_key session, turn_id turn) {
    auto reading = inner_->find_turn(session, std::move(turn));
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    std::vector<log_entry> entries;
    entries.push_back(std::move(*found));
    auto opening = open(session, std::move(entries));
    auto opened = co_await std::move(opening);
    if (!opened) co_return opened.error();
    co_return std::move(opened->front());
}

task<result<std::vector<log_entry>>> encrypted_database::latest_turns(session_key session,
                                                                      std::size_t limit) {
    return open_page(session, inner_->latest_turns(session, limit));
}

/// What is read of a log, within the bound of one read.
task<result<std::vector<log_entry>>>
encrypted_database::open_page(session_key session, task<result<std::vector<log_entry>>> reading) {
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    auto opening = open(session, std::move(*found));
    auto opened = co_await std::move(opening);
    if (opened) keep_within_bound(*opened);
    co_return opened;
}

/// The entries in front of the first that does not open or is another session's.
task<result<std::vector<log_entry>>> encrypted_database::open(session_key session,
                                                              std::vector<log_entry> found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto opened = vault_.open(found[i]);
        auto problem = opened ? error_code() : opened.error();
        auto owner = opened ? std::move(*opened) : std::nullopt;
        if (owner) {
            auto checking = check_owner(session, std::move(*owner));
            problem = co_await std::move(checking);
        }
        if (!problem) continue;
        if (i == 0) co_return problem;
        found.erase(found.begin() + static_cast<std::ptrdiff_t>(i), found.end());
    }
    co_return found;
}

/// Whether the key is the session's that an entry says it is of. Whoever reads a log has met its session, so
/// the store is hardly ever asked.
task<error_code> encrypted_database::check_owner(session_key session, session_id claimed) {
    auto known = names_.find(session);
    if (!known) {
        auto reading = inner_->read_session(claimed);
        auto found = co_await std::move(reading);
        if (!found && found.error() != errc::not_found) co_return found.error();
        if (found && found->key == session) {
            names_.note(session, std::move(claimed));
            co_return error_code();
        }
    }
    if (known == claimed) co_return error_code();
    log::error("entry_of_another_session", {{"session", claimed.text}, {"key", session.value}});
    co_return errc::corrupt;
}

task<result<std::vector<record>>> encrypted_database::walk_records(std::optional<record_id> after,
                                                                   std::size_t limit) {
    if (after) after = vault_.stored_id(std::move(*after));
    for (;;) {
        auto walking = inner_->walk_records(std::move(after), limit);
        auto found = co_await std::move(walking);
        if (!found) co_return found.error();
        // A page that only the marker is on would be taken for the end.
        bool is_marker_alone = found->size() == 1 && is_marker(found->front().id);
        if (!is_marker_alone) co_return open(std::move(*found));
        after = marker_id();
    }
}

task<result<std::vector<session_row>>> encrypted_database::walk_sessions(session_id after,
                                                                         std::size_t limit) {
    auto walking = inner_->walk_sessions(std::move(after), limit);
    auto found = co_await std::move(walking);
    if (!found) co_return found.error();
    for (auto at = found->begin(); at != found->end(); ++at) {
        names_.note(at->key, at->id);
        auto problem = vault_.open(*at);
        if (!problem) continue;
        if (at == found->begin()) co_return problem;
        found->erase(at, found->end());
        break;
    }
    keep_within_bound(*found);
    co_return found;
}

task<error_code> encrypted_database::transplant(transfer what) {
    if (auto problem = rules::judge_size(what, {})) co_return problem;
    if (touches_marker(what)) co_return errc::bad_record;
    seal(what);
    auto putting = inner_->transplant(std::move(what));
    co_return co_await std::move(putting);
}

/// The marker never expires.
task<result<purged>> encrypted_database::purge(utc_time expired_before, std::size_t limit) {
    return inner_->purge(expired_before, limit);
}

task<result<change_page>> encrypted_database::read_changes(std::string after, std::size_t limit) {
    auto from = after;
    for (;;) {
        auto reading = inner_->read_changes(from, limit);
        auto found = co_await std::move(reading);
        if (!found) co_return found.error();
        bool was_empty = found->changes.empty();
        std::erase_if(found->changes, [](const change& one) { return one.record && is_marker(*one.record); });
        if (was_empty) found->next = after;
        if (was_empty || !found->changes.empty()) co_return found;
        from = std::move(found->next);
    }
}

} // namespace rejoinder::persistence::encryption
