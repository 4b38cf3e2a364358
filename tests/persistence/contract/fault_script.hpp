#pragma once

#include "persistence/lifecycle/digest.hpp"
#include "tests/persistence/contract/contract_store.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::tests {

/// Everything goes that has expired by that moment.
struct purging {
    utc_time expired_before{};
};

struct compaction {};

/// One step of a script, of any kind that changes a store.
using mutation = std::variant<change_set, transfer, purging, compaction>;

/// The life of a store in some twenty steps. Its change sets have conditions, so that each counts once
/// however often it is asked for, and values that no other one writes; any other step that is done twice
/// leaves the same. What its last compaction makes an end of holds `erased_text`, and nothing else does.
std::vector<mutation> life_of_a_store();

extern const std::string erased_text;

/// What a store calls its sessions.
using key_finder = std::function<session_key(const session_id&)>;
key_finder keys_in(manual_environment& env, database& store);

/// A step on its way to the store that gave these keys.
mutation with_keys(mutation what, const key_finder& key_of);

/// Has a database do it, in one operation, or says why not.
error_code carry_out(manual_environment& env, database& on, mutation what);

/// Whether a step has been done already, as somebody sees who can only read: a change set is there whole or
/// not at all, else the test fails. Of all else nobody needs to know, as it may be done again.
bool stands(manual_environment& env, database& in, const mutation& what);

lifecycle::store_digest digest_of(manual_environment& env, database& of);

} // namespace rejoinder::tests
