#pragma once

#include "persistence/stores/typed_record.hpp"

#include <string>

namespace rejoinder::persistence {

/// A server that has a store in common with others says that it lives, and where its clients find it. Keyed
/// by the server's name.
struct server_lease {
    static constexpr record_shape shape{"server_lease", 1, scope_parts::none};

    std::string url;  ///< of its session endpoint, as clients reach it
    std::string life; ///< of the process; another one has another
    utc_time until{};
};
void describe(record_walk& walk, server_lease& value);

/// Leases last as long as they say: one that has run out reads as absent, so a server that has died loses its
/// sessions to others without anybody's help. Clocks of servers that differ make leases longer or shorter by
/// as much; what two owners write is decided by the fence, not by a lease.
class server_leases {
public:
    explicit server_leases(database& db);

    /// `not_found` when no server of that name lives.
    task<result<stored<server_lease>>> find(std::string server) const;

    /// Says that the server lives until `about.until`; over what was read, `conflict` when another process
    /// has written meanwhile. Without a read it is written whatever there is.
    checked<record_write> renew(std::string server, server_lease about, std::optional<revision> read) const;

    /// Over what was read: somebody else's is not given up.
    record_write give_up(const stored<server_lease>& before) const;

private:
    records_of<server_lease> leases_;
};

} // namespace rejoinder::persistence
