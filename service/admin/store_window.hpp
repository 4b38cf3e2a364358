#pragma once

#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "websocket/listener.hpp"

#include <cstddef>
#include <string>

namespace rejoinder::service::admin {

/// Who has the store that commands use.
class store_owner {
public:
    virtual ~store_owner() = default;

    /// Nothing while the store is closed.
    virtual persistence::database* store() noexcept = 0;

    /// Ends what is done with the store in order, and closes it; false when that can't be now. When it
    /// throws, the owner has the store as if it had been taken back.
    virtual task<bool> lend() = 0;

    /// Who it was lent to has gone.
    virtual void take_back() = 0;

    /// Where sessions are recorded, when all that was taken down so far is written; empty: nowhere.
    virtual task<std::string> settle_recordings() = 0;
};

/// What the windows of one server share; outlives them.
struct window_house {
    environment& env;
    store_owner& owner;
    task_group& tasks;
    std::size_t open = 0; ///< connections, and calls whose connections have gone
};

/// Where commands of this machine use the server's store while it serves (`/v1/admin/store`). Whoever comes
/// has the token, which the server's owner finds beside the store (`serving_note`), as the server is the only
/// one who has the store open. Calls run beside the sessions' own, at most four connections of them. A
/// command that is alone may have the store itself, for as long as its connection lives.
class store_windows {
public:
    /// The tasks end before this and the owner do.
    store_windows(environment& env, store_owner& owner, task_group& tasks);

    /// Made when it is first asked for; 256 random bits. Before, nobody is let in.
    const std::string& token();

    /// Upgrades who has the token; 401, 400 (of another version) or 503 otherwise.
    websocket::routing admit(const websocket::request& request);

private:
    window_house house_;
    std::string token_;
};

} // namespace rejoinder::service::admin
