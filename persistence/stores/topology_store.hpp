#pragma once

#include "persistence/stores/topology_records.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

/// An account's devices, loops (households, groups) and the people in them. Saving is over what was read
/// (revision 0: nothing), but for presence, which is whatever was seen last. Lists are by key, 1 to 1000 at a
/// time.
class topology_store {
public:
    topology_store(database& db, const account_id& account);

    task<result<stored<account_record>>> load_account() const;
    checked<record_write> save_account(account_record account, revision read) const;

    task<result<stored<device_record>>> load_device(std::string id) const;
    task<result<page<device_record>>> list_devices(std::string after, std::size_t limit) const;
    checked<record_write> save_device(std::string id, device_record device, revision read) const;

    task<result<stored<loop_record>>> load_loop(std::string id) const;
    task<result<page<loop_record>>> list_loops(std::string after, std::size_t limit) const;
    checked<record_write> save_loop(std::string id, loop_record loop, revision read) const;

private:
    records_of<account_record> accounts_;
    records_of<device_record> devices_;
    records_of<loop_record> loops_;
};

/// Who and what is in one loop.
class loop_store {
public:
    loop_store(database& db, const account_id& account, const std::string& loop);

    /// Puts a device into the loop; `conflict` when it is in it.
    checked<record_write> add_device(std::string device) const;
    record_write remove_device(std::string device) const;
    task<result<page<loop_device>>> list_devices(std::string after, std::size_t limit) const;

    task<result<stored<person_record>>> load_person(std::string id) const;
    task<result<page<person_record>>> list_people(std::string after, std::size_t limit) const;
    checked<record_write> save_person(std::string id, person_record person, revision read) const;

    task<result<stored<presence_record>>> load_presence(std::string person) const;
    task<result<page<presence_record>>> list_presence(std::string after, std::size_t limit) const;

    /// What was seen last replaces what was seen before; with `read`, only if that still stands, so that of
    /// two who would greet a person at once one gets `conflict`.
    checked<record_write> save_presence(std::string person, presence_record presence,
                                        std::optional<revision> read = std::nullopt) const;

private:
    records_of<loop_device> devices_;
    records_of<person_record> people_;
    records_of<presence_record> presence_;
};

/// Access tokens, found by their hash alone, as who presents one has not said yet who it is. The token itself
/// is nowhere.
class token_store {
public:
    explicit token_store(database& db);

    /// The token's record. Unknown, expired and revoked are all `not_found`: nobody learns which.
    task<result<stored<access_token>>> find(std::string token, utc_time now) const;

    /// Records a new token; `conflict` when there is one of the same text. It is forgotten when it expires.
    checked<record_write> issue(std::string_view token, access_token about) const;

    /// The tokens of everybody that are not forgotten, by their hashes; 1 to 1000 at a time.
    task<result<page<access_token>>> list(std::string after, std::size_t limit) const;

    /// Makes it useless from now on; over what was read.
    checked<record_write> revoke(const stored<access_token>& before, utc_time now) const;

private:
    records_of<access_token> tokens_;
};

} // namespace rejoinder::persistence
