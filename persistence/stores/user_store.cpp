#include "persistence/stores/user_store.hpp"

namespace rejoinder::persistence {

user_store::user_store(database& db, account_id account, std::string person) : database_(db) {
    owner_.account = std::move(account.text);
    owner_.person = std::move(person);
}

task<result<std::map<std::string, json>>> user_store::load(std::vector<std::string> keys) const {
    std::map<std::string, json> values;
    for (auto& key : keys) {
        auto reading = database_.read(id_of(key));
        auto found = co_await std::move(reading);
        if (!found && found.error() == errc::not_found) continue;
        if (!found) co_return found.error();
        auto parsed = parse_json(found->value, document_limits);
        if (!parsed) co_return errc::corrupt;
        values.insert_or_assign(std::move(key), std::move(parsed.value));
    }
    co_return values;
}

record_write user_store::remember(std::string key, const json& value) const {
    record_write write;
    write.id = id_of(std::move(key));
    write.value = to_text(value);
    return write;
}

record_write user_store::forget(std::string key) const {
    record_write write;
    write.id = id_of(std::move(key));
    return write;
}

record_id user_store::id_of(std::string key) const {
    return {"user_data", owner_, std::move(key)};
}

} // namespace rejoinder::persistence
