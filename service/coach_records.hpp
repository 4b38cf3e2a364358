#pragma once

#include "persistence/stores/coach_store.hpp"
#include "persistence/stores/identity_store.hpp"
#include "persistence/stores/user_store.hpp"

#include <cstdint>

namespace rejoinder::service {

/// Between the coach's model, which a session has in its context, and the records of its user: what a step is
/// given of them, and what its changes become. Sessions of one user have identities, action items, notes,
/// facts and the break in common. Whoever commits something that follows from them writes the user's head
/// over what was read, so one of two that meet is made again over what the other has stored.
class coach_records {
public:
    /// `person` is empty for the account. The database outlives this, and this its tasks.
    coach_records(persistence::database& db, account_id account, std::string person, session_id session);

    /// What the machine reads at /session/coach: the head alone when it is the one that the session knows,
    /// else, or when everything is wanted, all that the user's sessions share. As long as there is no head
    /// (0) the revision of the session's own state as well: its record may have begun without one.
    enum class reading { news, everything };
    task<result<json>> load(std::uint64_t known_head, reading how) const;

    /// An effect `keep` of the coach as writes for the turn's change set. The problem is one of the program:
    /// what a model may hold, the stores take.
    persistence::checked<persistence::record_writes> writes_of(const json& changes, const turn_id& turn,
                                                               utc_time now) const;

private:
    task<result<json>> load_lists() const;
    task<result<std::uint64_t>> load_state_revision() const;
    task<result<json>> load_everything(revision head) const;

    std::string session_;
    persistence::coach_store coach_;
    persistence::identity_store identities_;
    persistence::user_store user_;
};

} // namespace rejoinder::service
