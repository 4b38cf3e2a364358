#pragma once

#include "persistence/database.hpp"
#include "service/admin/serving_note.hpp"

#include <memory>
#include <string>

namespace rejoinder::service::admin {

/// The database of a server that serves, as a database: every call goes to the server and is carried out
/// there, one after the other. It fulfils the contract, but that `transplant` is `unavailable` unless it
/// restates, as the server has the records in its hands, and that places of copies are the server's. A server
/// that ends makes every further call `unavailable`, and the one under way `unknown_outcome` when it writes.
///
/// `why` receives what the server has against it, for a person; nothing when there is no server.
task<result<std::unique_ptr<persistence::database>>> open_remote(environment* env, serving_place at,
                                                                 std::string* why);

} // namespace rejoinder::service::admin
