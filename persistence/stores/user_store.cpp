#include "persistence/stores/user_store.hpp"

namespace rejoinder::persistence {

user_store::user_store(database& db, account_id account, std::string person) : database_(db) {
    owner_.account = std::move(account.text);
    owner_.person = std::move(person);
}

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

record_id user_store::id_of(std::string key) const {
    return {"user_data", owner_, std::move(key)};
}

} // namespace rejoinder::persistence
