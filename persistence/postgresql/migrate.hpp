#pragma once

#include "persistence/postgresql/connection.hpp"
#include "persistence/schema_versions.hpp"

#include <span>
#include <string>

namespace rejoinder::persistence::postgresql {

struct migration;

/// What a store is found or made to be. `problem` is `newer_schema` or `corrupt` with a sentence in `why`;
/// nothing was written then.
struct opened_store {
    errc problem{};
    std::string why;
    std::string incarnation;
    schema_versions schema;
};

/// Applies the steps that the store does not have yet, all in one transaction that holds a lease row: of
/// several servers that start together one migrates and the others wait for it, and whoever dies leaves the
/// store as it was. What others got in the way of begins anew, until `patience` is over. Throws `failure`.
task<opened_store> migrate(environment* env, connection* on, std::span<const migration> steps,
                           milliseconds patience);

} // namespace rejoinder::persistence::postgresql
