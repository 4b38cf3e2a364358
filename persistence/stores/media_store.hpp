#pragma once

#include "persistence/stores/media_records.hpp"

#include <optional>
#include <string>

namespace rejoinder::persistence {

/// What one loop's devices have left, the keys to it, and the holidays it keeps. Without a loop it is the
/// account's. Lists are by key, 1 to 1000 at a time.
class media_store {
public:
    media_store(database& db, const account_id& account, const std::string& loop = {});

    /// Also what is deleted: the caller sees the mark.
    task<result<stored<media_record>>> load(std::string path) const;

    /// Those below a folder (`recordings/`; empty: all).
    task<result<page<media_record>>> list(std::string folder, std::string after, std::size_t limit) const;

    /// Over what was read (revision 0: nothing).
    checked<record_write> save(media_record media, revision read) const;

    /// Marks it as deleted; over what was read.
    checked<record_write> mark_deleted(const stored<media_record>& before) const;

    task<result<stored<loop_key>>> load_key(std::string device) const;
    task<result<page<key_request>>> list_key_requests(std::string after, std::size_t limit) const;

    /// The latest request of a device replaces the one before.
    checked<record_write> request_key(key_request request) const;

    /// Hands a device its key and drops its request, in one change set; `conflict` when the request is not
    /// the one that was read.
    checked<record_writes> grant_key(const stored<key_request>& request, std::string wrapped) const;

    task<result<page<holiday_record>>> list_holidays(std::string after, std::size_t limit) const;
    checked<record_write> save_holiday(std::string id, holiday_record holiday, revision read) const;
    record_write erase_holiday(const stored<holiday_record>& before) const;

private:
    records_of<media_record> media_;
    records_of<loop_key> keys_;
    records_of<key_request> requests_;
    records_of<holiday_record> holidays_;
};

/// What belongs to the store as a whole: its backups and the updates that devices are offered.
class release_store {
public:
    explicit release_store(database& db);

    task<result<page<backup_record>>> list_backups(std::string after, std::size_t limit) const;
    checked<record_write> save_backup(std::string id, backup_record backup, revision read) const;

    /// Of one subsystem, by version as text (empty: of all).
    task<result<page<update_manifest>>> list_updates(std::string subsystem, std::string after,
                                                     std::size_t limit) const;

    /// What is published stays as it is; `conflict` when the version exists.
    checked<record_write> publish(update_manifest update) const;

private:
    records_of<backup_record> backups_;
    records_of<update_manifest> updates_;
};

} // namespace rejoinder::persistence
