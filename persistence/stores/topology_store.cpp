#include "persistence/stores/topology_store.hpp"

#include "persistence/hash.hpp"

namespace rejoinder::persistence {
namespace {

scope scope_of(const account_id& account, const std::string& loop = {}) {
    return {account.text, loop, "", ""};
}

} // namespace

topology_store::topology_store(database& db, const account_id& account)
    : accounts_(db, scope_of(account)), devices_(db, scope_of(account)), loops_(db, scope_of(account)) {}

task<result<stored<account_record>>> topology_store::load_account() const {
    return accounts_.load(account_record::key());
}

checked<record_write> topology_store::save_account(account_record account, revision read) const {
    return accounts_.write(std::move(account), read);
}

task<result<stored<device_record>>> topology_store::load_device(std::string id) const {
    return devices_.load(std::move(id));
}

task<result<page<device_record>>> topology_store::list_devices(std::string after, std::size_t limit) const {
    return devices_.list("", std::move(after), limit);
}

checked<record_write> topology_store::save_device(std::string id, device_record device, revision read) const {
    return devices_.write(std::move(id), std::move(device), read);
}

task<result<stored<loop_record>>> topology_store::load_loop(std::string id) const {
    return loops_.load(std::move(id));
}

task<result<page<loop_record>>> topology_store::list_loops(std::string after, std::size_t limit) const {
    return loops_.list("", std::move(after), limit);
}

checked<record_write> topology_store::save_loop(std::string id, loop_record loop, revision read) const {
    return loops_.write(std::move(id), std::move(loop), read);
}

loop_store::loop_store(database& db, const account_id& account, const std::string& loop)
    : devices_(db, scope_of(account, loop)),
      people_(db, scope_of(account, loop)),
      presence_(db, scope_of(account, loop)) {}

checked<record_write> loop_store::add_device(std::string device) const {
    return devices_.write(loop_device{std::move(device)}, revision{});
}

record_write loop_store::remove_device(std::string device) const {
    return devices_.erase(std::move(device), std::nullopt);
}

task<result<page<loop_device>>> loop_store::list_devices(std::string after, std::size_t limit) const {
    return devices_.list("", std::move(after), limit);
}

task<result<stored<person_record>>> loop_store::load_person(std::string id) const {
    return people_.load(std::move(id));
}

task<result<page<person_record>>> loop_store::list_people(std::string after, std::size_t limit) const {
    return people_.list("", std::move(after), limit);
}

checked<record_write> loop_store::save_person(std::string id, person_record person, revision read) const {
    return people_.write(std::move(id), std::move(person), read);
}

task<result<stored<presence_record>>> loop_store::load_presence(std::string person) const {
    return presence_.load(std::move(person));
}

task<result<page<presence_record>>> loop_store::list_presence(std::string after, std::size_t limit) const {
    return presence_.list("", std::move(after), limit);
}

checked<record_write> loop_store::save_presence(std::string person, presence_record presence,
                                                std::optional<revision> read) const {
    return presence_.write(std::move(person), std::move(presence), read);
}

token_store::token_store(database& db) : tokens_(db, scope()) {}

task<result<stored<access_token>>> token_store::find(std::string token, utc_time now) const {
    auto hash = sha256_hex(token);
    auto reading = tokens_.load(hash);
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    // Found by its hash already; the comparison makes sure whatever a backend takes for equal.
    bool same = equal_in_constant_time(found->key, hash);
    if (!same || found->value.revoked || found->value.expires <= now) co_return errc::not_found;
    co_return found;
}

checked<record_write> token_store::issue(std::string_view token, access_token about) const {
    auto expires = about.expires;
    auto write = tokens_.write(sha256_hex(token), std::move(about), revision{});
    if (write) write->expires = expires;
    return write;
}

task<result<page<access_token>>> token_store::list(std::string after, std::size_t limit) const {
    return tokens_.list("", std::move(after), limit);
}

checked<record_write> token_store::revoke(const stored<access_token>& before, utc_time now) const {
    auto value = before.value;
    auto expires = value.expires;
    value.revoked = now;
    auto write = tokens_.write(before.key, std::move(value), before.revision);
    if (write) write->expires = expires;
    return write;
}

} // namespace rejoinder::persistence
