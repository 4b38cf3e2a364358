#include "persistence/lifecycle/remover.hpp"

#include "persistence/rules.hpp"
#include "persistence/stores/due_sessions.hpp"

#include <iterator>
#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

// Sessions go with their logs, which makes a removal thousands of rows.
constexpr std::size_t most_records = 200;
constexpr std::size_t most_sessions = 8;

/// Takes what has lost its race out of a change set, so that the rest can be committed.
void drop_loser(change_set& from, std::size_t index) {
    auto writes = from.writes.size();
    if (index < writes)
        from.writes.erase(std::next(from.writes.begin(), static_cast<std::ptrdiff_t>(index)));
    else if (index > writes && index - writes - 1 < from.removals.size())
        from.removals.erase(
            std::next(from.removals.begin(), static_cast<std::ptrdiff_t>(index - writes - 1)));
}

} // namespace

// References are taken at the call, not by a coroutine.
task<error_code> remover::remove(const record& one) {
    record_write write;
    write.id = one.id;
    // One that has expired reads as absent and has no revision that a condition could name.
    if (rules::alive(one.expires, env_.utc_now())) {
        write.mode = write_mode::if_revision;
        write.expected = one.revision;
    }
    pending_.writes.push_back(std::move(write));
    return flush_if_full();
}

task<error_code> remover::remove(const session_row& one) {
    pending_.removals.push_back({one.id, one.revision});
    if (auto due = due_in(one.metadata)) pending_.writes.push_back(due_sessions(from_).forget(one.id, *due));
    return flush_if_full();
}

task<error_code> remover::flush_if_full() {
    if (pending_.writes.size() < most_records && pending_.removals.size() < most_sessions)
        co_return error_code();
    auto flushing = flush();
    co_return co_await std::move(flushing);
}

task<error_code> remover::flush() {
    auto changes = std::exchange(pending_, {});
    if (mode_ == run_mode::dry) {
        records_ += changes.writes.size();
        sessions_ += changes.removals.size();
        co_return error_code();
    }
    while (!changes.writes.empty() || !changes.removals.empty()) {
        changes.now = env_.utc_now();
        auto copy = changes;
        auto committing = from_.commit(std::move(copy));
        auto outcome = co_await std::move(committing);
        if (outcome.committed()) {
            records_ += changes.writes.size();
            sessions_ += changes.removals.size();
            break;
        }
        if (outcome.error != errc::conflict) co_return outcome.error;
        auto before = changes.writes.size() + changes.removals.size();
        drop_loser(changes, outcome.conflicting_write);
        if (changes.writes.size() + changes.removals.size() == before) co_return outcome.error;
        ++changed_;
    }
    co_return error_code();
}

} // namespace rejoinder::persistence::lifecycle
