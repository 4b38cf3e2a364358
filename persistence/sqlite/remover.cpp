#include "persistence/sqlite/remover.hpp"

#include "persistence/sqlite/rows.hpp"

namespace rejoinder::persistence::sqlite {

remover::remover(connection& on)
    : note_record_(on, "update erased set revision = gone.revision from (select revision from record where " +
                           std::string(record_key) + ") as gone where gone.revision > erased.revision"),
      remove_record_(on, "delete from record where " + std::string(record_key)),
      note_session_(on, "update erased set session = ?1 where session < ?1"),
      remove_session_(on, "delete from session where key = ?1") {}

void remover::remove(const record_id& id) {
    const auto& owner = id.scope;
    note_record_.execute(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
    remove_record_.execute(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
}

void remover::remove(session_key session) {
    note_session_.execute(session.value);
    remove_session_.execute(session.value);
}

} // namespace rejoinder::persistence::sqlite
