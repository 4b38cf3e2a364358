#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::lifecycle {

/// Whom data belongs to, as far as erasing it and giving it out goes: an account as a whole, a user in it
/// (the owner of coaching and preferences: a person when it was known who spoke, else the account itself), or
/// a person in one of its loops, who is a user as well; or one session, whoever's that is.
struct subject {
    enum class kind { account, user, person, session };

    kind what = kind::account;
    std::string account; ///< empty for a session
    std::string id;      ///< of the user, person or session; empty for an account
    friend auto operator<=>(const subject&, const subject&) = default;
};

std::string_view to_string(subject::kind what) noexcept;

/// `the person ann of the account acme`.
std::string describe(const subject& who);

/// Every account, user and person that a record belongs to, by its owner, its key, or, where its type says
/// so, its value. A record of several (a loop and its owner) belongs to the account alone.
std::vector<subject> subjects_of(const record& one);
std::vector<subject> subjects_of(const session_row& one);

/// The session that a record's key begins with; empty for types that are not kept by session.
std::string_view session_in_key(const record_id& id) noexcept;

/// The session that a record leads to by its key or its value; empty when it leads to none.
std::string session_of(const record& one);

} // namespace rejoinder::persistence::lifecycle
