#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// What records consist of: for each kind the names of its columns and, in the same order, its members. The
/// tables of the SQL databases and the JSON of journals and exports go by these lists, so that a column is
/// named in one place.
namespace rejoinder::persistence {

inline constexpr std::string_view record_columns =
    "account, type, loop, device, person, key, revision, schema_version, created, updated, expires, value";

template <class Record>
auto fields(Record& r)
    requires std::is_same_v<std::remove_const_t<Record>, record>
{
    auto& owner = r.id.scope;
    return std::tie(owner.account, r.id.type, owner.loop, owner.device, owner.person, r.id.key,
                    r.revision.value, r.schema_version, r.created, r.updated, r.expires, r.value);
}

/// Without the key and the id, which never change.
inline constexpr std::string_view session_columns =
    "owner_generation, revision, account, loop, device, person, user, machine, machine_version, "
    "machine_hash, resets, head, floor, log_bytes, owner_node, attach_generation, created, last_seen, "
    "expires, "
    "closed, devices, metadata, state";

template <class Row>
auto fields(Row& r)
    requires std::is_same_v<std::remove_const_t<Row>, session_row>
{
    return std::tie(r.owner_generation, r.revision.value, r.account.text, r.loop, r.device.text, r.person,
                    r.user, r.machine, r.machine_version, r.machine_hash, r.resets, r.head, r.floor,
                    r.log_bytes, r.owner_node, r.attach_generation, r.created, r.last_seen, r.expires,
                    r.closed, r.devices, r.metadata, r.state);
}

/// Without the session that the entry belongs to.
inline constexpr std::string_view log_columns =
    "revision, first, last, at, turn, device, number, status, digest, input, outcome, events, messages";

template <class Entry>
auto fields(Entry& e)
    requires std::is_same_v<std::remove_const_t<Entry>, log_entry>
{
    return std::tie(e.revision.value, e.first, e.last, e.at, e.turn.text, e.device.text, e.number, e.status,
                    e.digest, e.input, e.outcome, e.events, e.messages);
}

template <class Record>
constexpr int count_of = std::tuple_size_v<decltype(fields(std::declval<Record&>()))>;

} // namespace rejoinder::persistence
