#pragma once

#include "persistence/environment.hpp"
#include "persistence/postgresql/settings.hpp"
#include "persistence/task.hpp"

namespace rejoinder::persistence::postgresql {

/// The settings with `hostaddr` for every name in `host`, as libpq itself would look names up inside of a
/// call and stop the thread for as long as that takes. Names stay, as certificates are checked against them.
/// Settings without a name, or that bring their addresses, come back as they are. Throws `failure` when a
/// name has no address, or when nobody says so until `patience` is over.
task<settings> with_addresses(environment* env, settings given, milliseconds patience);

} // namespace rejoinder::persistence::postgresql
