#include "persistence/postgresql/schema.hpp"

#include <array>

namespace rejoinder::persistence::postgresql {
namespace {

// Times are UTC milliseconds; a missing part of a scope is empty, never null. SQL never asks for the time.
//
// What records hold is `bytea` and not `text`: texts come back byte for byte, whatever is in them (`text`
// knows no U+0000), and are ordered by their bytes under every locale of the server. `set bytea_output =
// escape` makes psql print them readably, and a literal compares with them as with a text.
//
// There is nothing here that CockroachDB, YugabyteDB or Citus lack: no triggers, no advisory locks, no
// listening.
constexpr std::string_view first_schema = R"sql(
-- Facts about the store as a whole: its incarnation.
create table meta (
    key   text primary key,
    value text not null
);

-- Keyed records. The account leads, so that one account's records lie together; a scan of one scope is one walk in the
-- order of its keys.
create table record (
    account bytea not null,
    type    bytea not null,
    loop    bytea not null,
    device  bytea not null,
    person  bytea not null,
    key     bytea not null,
    revision       bigint not null,
    schema_version bigint not null,
    created bigint not null,
    updated bigint not null,
    expires bigint,
    value   bytea not null,
    primary key (account, type, loop, device, person, key)
);

-- What has expired is found without a walk. Most records never expire and are not in it.
create index record_expires on record (expires) where expires is not null;

-- The highest revision of any record that is gone. A record begins above it, so that no revision of a key comes twice.
-- Who creates a record shares a lock on the row, who erases one has it alone: between the look and the write nobody
-- else creates and erases the same record.
create table erased (revision bigint not null);
insert into erased values (0);

-- One row per session. Its key is taken from a sequence and never comes again: whoever still holds the key of one that is
-- gone finds nothing under it, and not another session.
create sequence session_key;
create table session (
    key               bigint primary key,
    id                bytea not null unique,
    owner_generation  bigint not null,
    revision          bigint not null,
    account           bytea not null,
    loop              bytea not null,
    device            bytea not null,
    person            bytea not null,
    "user"            bytea not null,
    machine           bytea not null,
    machine_version   bigint not null,
    machine_hash      bytea not null,
    resets            bigint not null,
    head              bigint not null,
    floor             bigint not null,
    log_bytes         bigint not null,
    owner_node        bytea not null,
    attach_generation bigint not null,
    created           bigint not null,
    last_seen         bigint not null,
    expires           bigint not null,
    closed            bigint,
    devices           bytea not null,
    metadata          bytea not null,
    state             bytea not null,
    due               bigint not null -- when to look whether it has expired: never later than that
);

-- Each commit prolongs a session's life; `due` stays, so that only what is due has to be looked at.
create index session_due on session (due);

-- One row per commit of a session that belongs in its history, in its order: `last` never falls while `revision` rises.
-- It names its session without a foreign key, which would look for the row that the same transaction has locked.
create table session_log (
    session  bigint not null,
    last     bigint not null,
    revision bigint not null,
    first    bigint not null,
    at       bigint not null,
    turn     bytea not null,
    device   bytea not null,
    number   bigint not null,
    status   bytea not null,
    digest   bytea not null,
    input    bytea not null,
    outcome  bytea not null,
    events   bytea not null,
    messages bytea not null,
    primary key (session, last, revision)
);

-- A turn happens once; a retry finds it.
create unique index session_log_turn on session_log (session, turn) where turn <> '';

-- How far the trimming of a session's log has come and how far it shall go; each commit of the session does a part. The
-- row stays, so that the next trim begins where this one ended.
create table trim (
    session       bigint primary key,
    stripped      bigint not null, -- entries whose last event is below this have their outcome only
    floor         bigint not null, -- and those below this shall have no more
    forget_before bigint           -- those that are older, beyond the latest ones, shall go; null: they have
);

-- What each commit changed, in order, for whoever follows: names and revisions, no values. A session has its id as key.
create table change (
    position   bigint primary key,
    at         bigint not null,
    revision   bigint not null,
    is_session bigint not null,
    is_removed bigint not null,
    account bytea not null,
    type    bytea not null,
    loop    bytea not null,
    device  bytea not null,
    person  bytea not null,
    key     bytea not null
);

-- The position of the first change that is kept, and of the latest. Who commits counts on under the lock of this row, as
-- the last thing before the commit: a change that is visible has all in front of it that will ever be there.
create table feed (begins bigint not null, last bigint not null);
insert into feed values (1, 0);

-- One row per program that writes: the number of its latest transaction, written by that transaction. Its lock tells
-- whether the transaction may still end, its number whether it did.
create table writer (
    id       text primary key,
    batch    bigint not null,
    last_seen bigint not null
);
)sql";

constexpr std::array steps{migration{1, first_schema}};

} // namespace

std::span<const migration> schema_steps() noexcept {
    return steps;
}

} // namespace rejoinder::persistence::postgresql
