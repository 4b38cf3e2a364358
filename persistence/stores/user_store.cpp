#include "persistence/stores/user_store.hpp"

namespace rejoinder::persistence {

user_store::user_store(database& db, account_id account, std::string person)
    : database_(db),
      owner_(user_ref{std::move(account), std::move(person)}.to_scope()),
      profiles_(db, owner_),
      settings_(db, owner_),
      notes_(db, owner_),
      items_(db, owner_) {}

task<result<std::map<std::string, user_value>>> user_store::load(std::vector<std::string> keys) const {
    std::map<std::string, user_value> values;
    for (auto& key : keys) {
        auto reading = database_.read(id_of(key));
        auto found = co_await std::move(reading);
        if (!found && found.error() == errc::not_found) continue;
        if (!found) co_return found.error();
        auto parsed = parse_json(found->value, stored_limits);
        if (!parsed) co_return errc::corrupt;
        user_value value{std::move(parsed.value), found->revision};
        values.insert_or_assign(std::move(key), std::move(value));
    }
    co_return values;
}

record_write user_store::remember(std::string key, const json& value, std::optional<revision> read) const {
    auto write = forget(std::move(key), read);
    write.value = to_text(value);
    if (read && read->value == 0) write.mode = write_mode::create_only;
    return write;
}

record_write user_store::forget(std::string key, std::optional<revision> read) const {
    record_write write;
    write.id = id_of(std::move(key));
    if (read && read->value > 0) {
        write.mode = write_mode::if_revision;
        write.expected = *read;
    }
    return write;
}

task<result<stored<user_profile>>> user_store::load_profile() const {
    return profiles_.load(user_profile::key());
}

checked<record_write> user_store::save_profile(user_profile profile, revision read) const {
    return profiles_.write(std::move(profile), read);
}

task<result<stored<user_setting>>> user_store::load_setting(std::string module) const {
    return settings_.load(std::move(module));
}

checked<record_write> user_store::save_setting(user_setting setting, revision read) const {
    return settings_.write(std::move(setting), read);
}

task<result<page<user_note>>> user_store::list_notes(std::string after, std::size_t limit) const {
    return notes_.list("", std::move(after), limit);
}

checked<record_write> user_store::save_note(std::string id, user_note note, revision read) const {
    return notes_.write(std::move(id), std::move(note), read);
}

record_write user_store::erase_note(const stored<user_note>& before) const {
    return notes_.erase(before.key, before.revision);
}

task<result<page<action_item>>> user_store::list_action_items(std::string after, std::size_t limit) const {
    return items_.list("", std::move(after), limit);
}

checked<record_write> user_store::save_action_item(std::string id, action_item item, revision read) const {
    return items_.write(std::move(id), std::move(item), read);
}

record_write user_store::erase_action_item(const stored<action_item>& before) const {
    return items_.erase(before.key, before.revision);
}

checked<record_write> user_store::complete(const stored<action_item>& before, utc_time now) const {
    auto item = before.value;
    item.status = action_status::done;
    item.completed = now;
    return items_.write(before.key, std::move(item), before.revision);
}

record_id user_store::id_of(std::string key) const {
    return {"user_data", owner_, std::move(key)};
}

} // namespace rejoinder::persistence
