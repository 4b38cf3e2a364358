#include "persistence/sqlite/schema.hpp"

#include <array>

namespace rejoinder::persistence::sqlite {
namespace {

// Times are UTC milliseconds; a missing part of a scope is the empty text. SQL never asks for the time.
constexpr std::string_view first_schema = R"sql(
-- Facts about the store as a whole: its incarnation, and whether it was closed properly.
create table meta (
    key   text primary key,
    value text not null
) strict, without rowid;

-- Keyed records. The primary key is the table: a read is one descent, a scan of one scope is one walk in the order
-- of its keys. The account leads, so that one account's records lie together.
create table record (
    account text not null,
    type    text not null,
    loop    text not null,
    device  text not null,
    person  text not null,
    key     text not null,
    revision       integer not null,
    schema_version integer not null,
    created integer not null,
    updated integer not null,
    expires integer,
    value   text not null,
    primary key (account, type, loop, device, person, key)
) strict, without rowid;

-- One row per session. What every commit looks at comes first and the large texts last, so that a fence is checked
-- without reading a state that overflows its page.
create table session (
    key               integer primary key,
    owner_generation  integer not null,
    revision          integer not null,
    id                text not null unique,
    account           text not null,
    loop              text not null,
    device            text not null,
    person            text not null,
    user              text not null,
    machine           text not null,
    machine_version   integer not null,
    machine_hash      text not null,
    resets            integer not null,
    head              integer not null,
    floor             integer not null,
    log_bytes         integer not null,
    owner_node        text not null,
    attach_generation integer not null,
    created           integer not null,
    last_seen         integer not null,
    expires           integer not null,
    closed            integer,
    devices           text not null,
    metadata          text not null,
    state             text not null
) strict;

-- One row per commit of a session that belongs in its history. Rows are appended in the order of the whole store's
-- commits, which keeps the pages of a group commit few whatever the number of its sessions.
create table session_log (
    position integer primary key,
    session  integer not null references session (key) on delete cascade,
    revision integer not null,
    first    integer not null,
    last     integer not null,
    at       integer not null,
    turn     text not null,
    device   text not null,
    number   integer not null,
    status   text not null,
    digest   text not null,
    input    text not null,
    outcome  text not null,
    events   text not null,
    messages text not null
) strict;

-- A session's history in its order: `last` never falls while `revision` rises. A resume begins in the middle by
-- `last`, the latest turns are a walk from the end, a trim takes what lies in front.
create unique index session_log_order on session_log (session, last, revision);

-- A turn happens once; a retry finds it.
create unique index session_log_turn on session_log (session, turn) where turn <> '';
)sql";

constexpr std::string_view second_schema = R"sql(
-- The highest revision of any record that is gone. A record begins above it, so that no revision of a key comes twice;
-- nobody remembers one over a restart, so a store that erased records before begins with zero.
create table erased (revision integer not null) strict;
insert into erased values (0);

-- How far the trimming of a session's log has come and how far it shall go; each commit of the session does a part. The
-- row stays, so that the next trim begins where this one ended.
create table trim (
    session       integer primary key references session (key) on delete cascade,
    stripped      integer not null, -- entries whose last event is below this have no events
    floor         integer not null, -- and those below this shall have none
    forget_before integer           -- those of them that are older, beyond the latest ones, shall go; null: they have
) strict;
)sql";

constexpr std::string_view third_schema = R"sql(
-- The highest key of any session that is gone: whoever still holds one finds nothing under it, and not another session.
alter table erased add column session integer not null default 0;

-- What has expired is found without a walk. Most records never expire and are not in it.
create index record_expires on record (expires) where expires is not null;

-- When to look whether a session has expired: never later than that. Each commit prolongs a session's life, and an index
-- that follows it would cost every commit a page; so a session is noted once, and again when it was looked at.
create table session_due (
    at      integer not null,
    session integer not null,
    primary key (at, session)
) strict, without rowid;
insert into session_due select expires, key from session;

create trigger session_due_first after insert on session begin
    insert or ignore into session_due values (new.expires, new.key);
end;
create trigger session_due_sooner after update of expires on session when new.expires < old.expires begin
    insert or ignore into session_due values (new.expires, new.key);
end;

-- What each commit changed, in order, for whoever follows: names and revisions, no values. A session's row has nothing
-- but its key, as every turn appends one; its id is in `session` or, once it is gone, the `key` of the row that says so.
create table change (
    position integer primary key,
    at       integer not null,
    session  integer not null default 0, -- 0: it is a record
    revision integer not null,
    removed  integer not null,
    account  text not null default '',
    type     text not null default '',
    loop     text not null default '',
    device   text not null default '',
    person   text not null default '',
    key      text not null default ''
) strict;
create index change_removed on change (session) where removed = 1;

-- The position of the first change that is kept.
create table feed (begins integer not null) strict;
insert into feed values (1);
)sql";

constexpr std::string_view fourth_schema = R"sql(
-- Whether a session expires sooner than it did is looked at by whoever writes its row: it has the old one in its hands,
-- and a trigger costs every turn a call.
drop trigger session_due_sooner;
)sql";

constexpr std::string_view fifth_schema = R"sql(
-- Ids of turns that grow with time (ULID, UUID version 7) lie beside each other whichever session they are of, so the
-- turns of one group commit share the index's last page. With the session first each of them wrote a page of its own.
drop index session_log_turn;
create unique index session_log_turn on session_log (turn, session) where turn <> '';
)sql";

constexpr std::string_view sixth_schema = R"sql(
-- Where the part of the state lies that is left out of it, as the log holds the same: a place in the log, and the bytes to
-- be skipped there, their place in the state, and how many they are. Empty: the state is whole.
alter table session add column said text not null default '';
)sql";

constexpr std::string_view seventh_schema = R"sql(
-- A session's history in its order: `last` never falls while `revision` rises. A resume begins in the middle by
-- `last`, the latest turns are a walk from the end, a trim takes what lies in front. Entries come into it some at a time;
-- until then the session's row names them, each as `[last, revision, position]`. In place of an index of the log, which
-- cost every turn a page. The column comes behind the state, which a commit writes anyway: who looks at it reads over a
-- state that overflows its page.
create table session_log_index (
    session  integer not null,
    last     integer not null,
    revision integer not null,
    position integer not null,
    primary key (session, last, revision)
) strict, without rowid;
insert into session_log_index
    select session, last, revision, position from session_log order by session, last, revision;
drop index session_log_order;
alter table session add column recent text not null default '[]';

-- With no index that begins with the session, SQLite would look for the entries of a session that goes by a walk through
-- the whole log. So its reference goes, the way that SQLite's documentation of `alter table` says; who removes a session
-- removes its entries first, and what the index says of them.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, ' references session (key) on delete cascade', '')
    where type = 'table' and name = 'session_log';
pragma writable_schema = reset;
)sql";

constexpr std::string_view eighth_schema = R"sql(
-- What is left out of an entry's messages, as its input or its events have it: a list of triples, each the byte of
-- `messages` at which something was left out, how many bytes, and the byte of `input` and `events`, one behind the other,
-- at which they stand. Empty: the messages are whole.
alter table session_log add column repeats text not null default '';
)sql";

constexpr std::array steps{migration{1, first_schema},   migration{2, second_schema},
                           migration{3, third_schema},   migration{4, fourth_schema},
                           migration{5, fifth_schema},   migration{6, sixth_schema},
                           migration{7, seventh_schema}, migration{8, eighth_schema}};

} // namespace

std::span<const migration> schema_steps() noexcept {
    return steps;
}

} // namespace rejoinder::persistence::sqlite
