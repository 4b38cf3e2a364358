#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"

#include <map>
#include <string>
#include <vector>

namespace rejoinder::persistence {

/// What sessions remember about one user, key by key: the person when it is known who speaks, else the
/// account as a whole. Reading is a call of its own; writing is part of a turn's change set.
class user_store {
public:
    /// `person` is empty for the account. The database outlives the store.
    user_store(database& db, account_id account, std::string person = {});

    /// The values of those keys that are remembered; the others are left out. `corrupt` when a value is no
    /// JSON.
    task<result<std::map<std::string, json>>> load(std::vector<std::string> keys) const;

    /// The write that stores a value under a key, whatever was there. Only the last of several counts.
    record_write remember(std::string key, const json& value) const;

    /// The write that forgets a key, known or not.
    record_write forget(std::string key) const;

private:
    record_id id_of(std::string key) const;

    database& database_;
    scope owner_;
};

} // namespace rejoinder::persistence
