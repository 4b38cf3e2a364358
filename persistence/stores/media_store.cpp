#include "persistence/stores/media_store.hpp"

namespace rejoinder::persistence {
namespace {

scope scope_of(const account_id& account, const std::string& loop) {
    return {account.text, loop, "", ""};
}

} // namespace

media_store::media_store(database& db, const account_id& account, const std::string& loop)
    : media_(db, scope_of(account, loop)),
      keys_(db, scope_of(account, loop)),
      requests_(db, scope_of(account, loop)),
      holidays_(db, scope_of(account, loop)) {}

task<result<stored<media_record>>> media_store::load(std::string path) const {
    return media_.load(std::move(path));
}

task<result<page<media_record>>> media_store::list(std::string folder, std::string after,
                                                   std::size_t limit) const {
    return media_.list(std::move(folder), std::move(after), limit);
}

checked<record_write> media_store::save(media_record media, revision read) const {
    return media_.write(std::move(media), read);
}

checked<record_write> media_store::mark_deleted(const stored<media_record>& before) const {
    auto value = before.value;
    value.deleted = true;
    return media_.write(std::move(value), before.revision);
}

task<result<stored<loop_key>>> media_store::load_key(std::string device) const {
    return keys_.load(std::move(device));
}

task<result<page<key_request>>> media_store::list_key_requests(std::string after, std::size_t limit) const {
    return requests_.list("", std::move(after), limit);
}

checked<record_write> media_store::request_key(key_request request) const {
    return requests_.write(std::move(request), std::nullopt);
}

checked<record_writes> media_store::grant_key(const stored<key_request>& request, std::string wrapped) const {
    auto granted = keys_.write({request.value.device, std::move(wrapped)}, std::nullopt);
    if (!granted) return std::move(granted).error();
    return record_writes{requests_.erase(request.key, request.revision), std::move(*granted)};
}

task<result<page<holiday_record>>> media_store::list_holidays(std::string after, std::size_t limit) const {
    return holidays_.list("", std::move(after), limit);
}

checked<record_write> media_store::save_holiday(std::string id, holiday_record holiday, revision read) const {
    return holidays_.write(std::move(id), std::move(holiday), read);
}

record_write media_store::erase_holiday(const stored<holiday_record>& before) const {
    return holidays_.erase(before.key, before.revision);
}

release_store::release_store(database& db) : backups_(db, scope()), updates_(db, scope()) {}

task<result<page<backup_record>>> release_store::list_backups(std::string after, std::size_t limit) const {
    return backups_.list("", std::move(after), limit);
}

checked<record_write> release_store::save_backup(std::string id, backup_record backup, revision read) const {
    return backups_.write(std::move(id), std::move(backup), read);
}

task<result<page<update_manifest>>> release_store::list_updates(std::string subsystem, std::string after,
                                                                std::size_t limit) const {
    auto prefix = subsystem.empty() ? std::string() : std::move(subsystem) + "/";
    return updates_.list(std::move(prefix), std::move(after), limit);
}

checked<record_write> release_store::publish(update_manifest update) const {
    return updates_.write(std::move(update), revision{});
}

} // namespace rejoinder::persistence
