#include "persistence/stores/server_leases.hpp"

#include "persistence/stores/bounds.hpp"

#include <utility>

namespace rejoinder::persistence {

void describe(record_walk& walk, server_lease& value) {
    walk.line("url", value.url, bounds::needed_text);
    walk.line("life", value.life, bounds::id);
    walk.time("until", value.until);
}

server_leases::server_leases(database& db) : leases_(db, scope()) {}

task<result<stored<server_lease>>> server_leases::find(std::string server) const {
    return leases_.load(std::move(server));
}

checked<record_write> server_leases::renew(std::string server, server_lease about,
                                           std::optional<revision> read) const {
    auto until = about.until;
    auto write = leases_.write(std::move(server), std::move(about), read);
    if (write) write->expires = until;
    return write;
}

record_write server_leases::give_up(const stored<server_lease>& before) const {
    return leases_.erase(before.key, before.revision);
}

} // namespace rejoinder::persistence
