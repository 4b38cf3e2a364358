#pragma once

#include "persistence/database.hpp"
#include "persistence/json.hpp"
#include "persistence/stores/user_records.hpp"

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

/// One user: who it is, its settings, notes and action items, and what sessions remember about it key by key.
/// It is the person when it is known who speaks, else the account as a whole. Reading is a call of its own;
/// writing is part of a turn's change set.
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

    /// Who the user is; `not_found` before the first save.
    task<result<stored<user_profile>>> load_profile() const;
    checked<record_write> save_profile(user_profile profile, rejoinder::revision read) const;

    task<result<stored<user_setting>>> load_setting(std::string module) const;
    checked<record_write> save_setting(user_setting setting, rejoinder::revision read) const;

    /// Notes and action items are listed by id, 1 to 1000 at a time. Saving is over what was read (revision
    /// 0: nothing).
    task<result<page<user_note>>> list_notes(std::string after, std::size_t limit) const;
    checked<record_write> save_note(std::string id, user_note note, rejoinder::revision read) const;
    record_write erase_note(const stored<user_note>& before) const;

    task<result<page<action_item>>> list_action_items(std::string after, std::size_t limit) const;
    checked<record_write> save_action_item(std::string id, action_item item, rejoinder::revision read) const;
    record_write erase_action_item(const stored<action_item>& before) const;

    /// The write that marks an item as done at `now`; over what was read.
    checked<record_write> complete(const stored<action_item>& before, utc_time now) const;

private:
    record_id id_of(std::string key) const;

    database& database_;
    scope owner_;
    records_of<user_profile> profiles_;
    records_of<user_setting> settings_;
    records_of<user_note> notes_;
    records_of<action_item> items_;
};

} // namespace rejoinder::persistence
