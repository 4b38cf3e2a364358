#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// A value of a user, and how often it has been written.
struct user_value {
    json value;
    rejoinder::revision revision;
};

/// What sessions remember about one user, key by key: the person when it is known who speaks, else the
/// account as a whole. Reading is a call of its own; writing is part of a turn's change set.
class user_store {
public:
    /// `person` is empty for the account. The database outlives the store.
    user_store(database& db, account_id account, std::string person = {});

    /// The values of those keys that are remembered; the others are left out. `corrupt` when a value is no
    /// JSON.
    task<result<std::map<std::string, user_value>>> load(std::vector<std::string> keys) const;

    /// The write that stores a value under a key. With `read`, what was read before (revision 0: nothing)
    /// must still stand, so that a value computed from another is not lost; without, it replaces whatever is
    /// there.
    record_write remember(std::string key, const json& value,
                          std::optional<rejoinder::revision> read = std::nullopt) const;

    /// The write that forgets a key, under the same condition.
    record_write forget(std::string key, std::optional<rejoinder::revision> read = std::nullopt) const;

private:
    record_id id_of(std::string key) const;

    database& database_;
    scope owner_;
};

} // namespace rejoinder::persistence
