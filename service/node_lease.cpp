#include "service/node_lease.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::service {

using persistence::errc;

node_lease::node_lease(environment& env, persistence::database& store, const settings& limits)
    : env_(env), store_(store), limits_(limits), leases_(store), life_(make_ulid(env)), alarm_(env) {}

task<> node_lease::run() {
    while (!over_ && !limits_.node_url.empty()) {
        auto renewing = renew();
        if (auto error = co_await std::move(renewing))
            log::warning("lease_not_renewed", {{"node", limits_.node}, {"why", error.message()}});
        if (over_) break;
        alarm_.arm_after(limits_.lease / 3, [this] { wake_.notify(); });
        co_await wake_.wait();
    }
}

/// A name is one server's: who comes second to it gives no word, so that no client is sent to the wrong one.
task<error_code> node_lease::renew() {
    auto reading = leases_.find(limits_.node);
    auto stands = co_await std::move(reading);
    if (!stands && stands.error() != errc::not_found) co_return stands.error();
    auto now = env_.utc_now();
    bool is_others = stands && stands->value.life != life_ && stands->value.url != limits_.node_url &&
                     stands->value.until > now;
    if (is_others) {
        log::error("node_name_taken", {{"node", limits_.node}, {"by", stands->value.url}});
        co_return error_code();
    }
    auto write = leases_.renew(limits_.node, {limits_.node_url, life_, now + limits_.lease},
                               stands ? stands->revision : revision{});
    if (!write) co_return make_error_code(boost::system::errc::invalid_argument);
    persistence::change_set changes;
    changes.now = now;
    changes.writes.push_back(std::move(*write));
    if (over_) co_return error_code();
    auto committing = store_.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    co_return outcome.error;
}

task<> node_lease::give_up() {
    if (std::exchange(over_, true)) co_return;
    alarm_.disarm();
    wake_.notify();
    if (limits_.node_url.empty()) co_return;
    auto reading = leases_.find(limits_.node);
    auto stands = co_await std::move(reading);
    if (!stands || stands->value.life != life_) co_return; // it has run out, or is another one's
    persistence::change_set changes;
    changes.now = env_.utc_now();
    changes.writes.push_back(leases_.give_up(*stands));
    auto committing = store_.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    if (!outcome.committed())
        log::warning("lease_not_given_up", {{"node", limits_.node}, {"why", outcome.error.message()}});
}

task<result<std::string>> node_lease::home_of(std::string node) const {
    if (node.empty() || node == limits_.node) co_return std::string();
    auto reading = leases_.find(std::move(node));
    auto found = co_await std::move(reading);
    if (!found && found.error() != errc::not_found) co_return found.error();
    // One that ends much later than any can was given before the clock was set back; a little later, by a
    // server whose clock is ahead of this one's.
    auto now = env_.utc_now();
    bool elsewhere = found && found->value.until > now && found->value.until <= now + 2 * limits_.lease &&
                     found->value.url != limits_.node_url;
    co_return elsewhere ? found->value.url : std::string();
}

} // namespace rejoinder::service
