#pragma once

#include "service/admin/command_link.hpp"
#include "service/admin/serving_note.hpp"

#include <string>

namespace rejoinder::service::admin {

/// Asks a server for the folder that it records sessions into, empty when it records none; it has written
/// everything that was taken down before the call. `why` receives what the server has against it, for a
/// person; nothing when there is no server.
task<result<std::string>> ask_for_recordings(environment* env, serving_place at, std::string* why,
                                             command_dialer dial = {});

} // namespace rejoinder::service::admin
