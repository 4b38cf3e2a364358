#include "persistence/sqlite/remover.hpp"

#include "persistence/sqlite/rows.hpp"

namespace rejoinder::persistence::sqlite {

remover::remover(connection& on, log_index& index, change_recorder& changes)
    : index_(index),
      changes_(changes),
      remove_record_(on, "delete from record where " + std::string(record_key) + " returning revision"),
      note_record_(on, "update erased set revision = ?1 where revision < ?1"),
      remove_session_(on, "delete from session where key = ?1 returning id, revision"),
      note_session_(on, "update erased set session = ?1 where session < ?1") {}

void remover::remove(const record_id& id, utc_time at) {
    const auto& owner = id.scope;
    revision last;
    {
        auto rows =
            remove_record_.run(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
        if (!rows.next()) return;
        rows.read(last.value);
    }
    note_record_.execute(last.value);
    changes_.removed(id, last, at);
}

void remover::remove(session_key session, utc_time at) {
    session_id id;
    revision last;
    index_.remove_entries(session);
    {
        auto rows = remove_session_.run(session.value);
        if (!rows.next()) return;
        rows.read(id.text, last.value);
    }
    note_session_.execute(session.value);
    changes_.removed(session, id, last, at);
}

} // namespace rejoinder::persistence::sqlite
