#include "persistence/postgresql/record_table.hpp"

namespace rejoinder::persistence::postgresql {
namespace {

const statement erase("delete from record where account = $1 and type = $2 and loop = $3 and device = $4 "
                      "and person = $5 and key = $6");
const statement share_erased("select revision from erased for share");
const statement take_erased("select revision from erased for update");
const statement raise_erased("update erased set revision = $1 where revision < $1");

} // namespace

parameters name_of(const record_id& id) {
    const auto& owner = id.scope;
    return parameters(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
}

query erase_record(const record_id& id) {
    return {&erase, name_of(id)};
}

query erased_to_create() {
    return {&share_erased, {}};
}

query erased_to_erase() {
    return {&take_erased, {}};
}

query note_erased(revision highest) {
    return {&raise_erased, parameters(highest.value)};
}

} // namespace rejoinder::persistence::postgresql
