#pragma once

#include "persistence/record.hpp"
#include "persistence/secret.hpp"

#include <string>

namespace rejoinder::persistence::encryption {

/// Stands in for keys of records that hold what somebody said: the store can find a record by them, and
/// learns nothing else.
///
/// Each component of a key (what is between slashes) has a pseudonym of its own, 32 hexadecimal digits of an
/// HMAC over the type, the scope and the key up to there, so that `list/` still leads to all keys below it.
/// The same word under another owner, or on another list, has another pseudonym. A component that is empty
/// stays so. The order is the pseudonyms', which is no order for people, but always the same.
class pseudonyms {
public:
    explicit pseudonyms(secret key) : key_(std::move(key)) {}

    /// The id under which the record is stored; also for a key that is the beginning of others.
    record_id of(record_id id) const;

private:
    secret key_;
};

} // namespace rejoinder::persistence::encryption
