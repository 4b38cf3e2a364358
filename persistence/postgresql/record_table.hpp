#pragma once

#include "persistence/postgresql/connection.hpp"
#include "persistence/record.hpp"

#include <vector>

/// The statements about records that several transactions have in common.
namespace rejoinder::persistence::postgresql {

/// The parts of a record's name in the order of the table's key.
parameters name_of(const record_id& id);

query erase_record(const record_id& id);

/// The highest revision of any record that is gone. A record begins above it, so that no revision of a key
/// comes twice. Who creates a record shares a lock on it, who erases one has it alone: between the look and
/// the write nobody else creates and erases the same record.
query erased_to_create();
query erased_to_erase();
query note_erased(revision highest);

} // namespace rejoinder::persistence::postgresql
