#pragma once

#include "persistence/change_set.hpp"
#include "persistence/error.hpp"
#include "persistence/rules.hpp"

#include <cstddef>
#include <optional>

namespace rejoinder::persistence::backend {

/// A session as it stands when a change to it is judged.
struct judged_session {
    session_key key;
    session_fence fence;
    bool has_turn = false; ///< the turn of the entry that would be appended is recorded already
};

/// The verdict on a change set. Every condition is looked at before anything is written, so one that is
/// refused leaves nothing behind. What stands is told by the backend:
/// - `find_session(const session_change&)`: a `judged_session`, or nothing when it is not there;
/// - `revision_of_record(const record_id&)`: zero when it is not there, or has expired;
/// - `revision_of_session(const session_id&)`: of one that is to be removed, or nothing.
template <class FindSession, class RevisionOfRecord, class RevisionOfSession>
commit_outcome judge(const change_set& changes, FindSession find_session, RevisionOfRecord revision_of_record,
                     RevisionOfSession revision_of_session) {
    commit_outcome outcome;
    auto refuse = [&outcome](error_code why, revision current, std::size_t index) {
        outcome.error = why;
        outcome.current = current;
        outcome.conflicting_write = index;
        return outcome;
    };
    const auto& writes = changes.writes;
    if (changes.session) {
        std::optional<judged_session> found = find_session(*changes.session);
        std::optional<session_fence> fence;
        if (found) {
            outcome.session = found->key;
            fence = found->fence;
        }
        auto problem = rules::judge(*changes.session, fence);
        if (!problem && found && found->has_turn) problem = errc::duplicate_turn;
        if (problem) return refuse(problem, fence ? fence->revision : revision{}, writes.size());
    }
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (writes[i].mode == write_mode::upsert) continue;
        auto current = revision_of_record(writes[i].id);
        if (!rules::holds(writes[i], current)) return refuse(errc::conflict, current, i);
    }
    for (std::size_t i = 0; i < changes.removals.size(); ++i) {
        std::optional<revision> current = revision_of_session(changes.removals[i].id);
        if (current && *current != changes.removals[i].expected)
            return refuse(errc::conflict, *current, writes.size() + 1 + i);
    }
    return outcome;
}

} // namespace rejoinder::persistence::backend
