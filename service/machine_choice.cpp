#include "service/machine_choice.hpp"

#include <utility>

namespace rejoinder::service {

using statemachine::definition;
using statemachine::migration_policy;

namespace {

std::string why_not_older(const definition& newest, const persistence::session_row& row) {
    return row.machine_version == newest.version()
               ? "its machine was another one of the same version"
               : "its machine was of a later version, " + std::to_string(row.machine_version);
}

} // namespace

machine_choice choose_machine(const machine_catalog& machines, const persistence::session_row& row) {
    const auto* newest = machines.find(row.machine);
    if (!newest) return {nullptr, {}, "there is no such machine here"};
    const auto* own = machines.find(row.machine, row.machine_version, row.machine_hash);
    if (own == newest) return {own, {}, {}};
    if (row.machine_version >= newest->version()) return {nullptr, {}, why_not_older(*newest, row)};

    auto policy = newest->migration();
    if (policy == migration_policy::pin && own) return {own, {}, {}};
    version_change change;
    change.from = row.machine_version;
    change.hash = row.machine_hash;
    change.state = row.state;
    change.ended = row.closed.has_value();
    change.stopped = row.last_seen;
    if (policy == migration_policy::restart && !change.ended) {
        change.how = version_change::way::restarts;
        return {newest, std::move(change), {}};
    }
    // What is damaged is found so by whoever restores it, and is not the machine's fault.
    auto why = restore_former_state(row.state) ? why_not_migrated(*newest, change) : "";
    if (why.empty()) return {newest, std::move(change), {}};
    if (own) return {own, {}, {}};
    return {nullptr, {}, std::move(why)};
}

} // namespace rejoinder::service
