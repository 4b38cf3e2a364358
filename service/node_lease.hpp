#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "persistence/stores/server_leases.hpp"
#include "service/settings.hpp"

#include <optional>
#include <string>

namespace rejoinder::service {

/// A server's word, beside those of others on the same store, that it lives (protocol.md, admission E): while
/// it holds, clients that come to another server for one of its sessions are sent to it. A lease of
/// `settings::lease` is renewed every third of it. A server without `settings::node_url` gives no word:
/// others take its sessions over at once.
///
/// A lease is about where clients go, no more: that one owner writes is the fence's affair.
///
/// Lives on the environment's thread; `run` ends after `give_up`. What it uses outlives it.
class node_lease {
public:
    node_lease(environment& env, persistence::database& store, const settings& limits);

    task<> run();

    /// From now on others may have this server's sessions.
    task<> give_up();

    /// Where the clients of a session go that this server named `node` has owned last; empty: they stay here,
    /// as it is this server itself, its former life, or nobody any more.
    task<result<std::string>> home_of(std::string node) const;

private:
    task<error_code> renew();

    environment& env_;
    persistence::database& store_;
    const settings& limits_;
    persistence::server_leases leases_;
    std::string life_;
    timer alarm_;
    signal wake_;
    bool over_ = false;
};

} // namespace rejoinder::service
