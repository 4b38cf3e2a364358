#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "websocket/listener.hpp"

#include <cstddef>
#include <string>

namespace rejoinder::service::admin {

/// Where commands of this machine use the server's database while it serves (`/v1/admin/store`). Whoever
/// comes has the token, which the server's owner finds beside the store (`serving_note`), as the server is
/// the only one who has the store open. Calls run beside the sessions' own, at most four connections of them.
class store_windows {
public:
    /// The tasks end before this and the database do.
    store_windows(environment& env, persistence::database& database, task_group& tasks);

    /// Made when it is first asked for; 256 random bits. Before, nobody is let in.
    const std::string& token();

    /// Upgrades who has the token; 401, 400 (of another version) or 503 otherwise.
    websocket::routing admit(const websocket::request& request);

private:
    environment& env_;
    persistence::database& database_;
    task_group& tasks_;
    std::string token_;
    std::size_t open_ = 0;
};

} // namespace rejoinder::service::admin
