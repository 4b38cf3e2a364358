#pragma once

#include "service/admin/serving_note.hpp"
#include "websocket/client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace rejoinder::service::admin {

/// How long a command waits for an answer: a copy or a compaction of a large store is one call.
inline constexpr milliseconds command_patience = std::chrono::hours(12);

/// How a command gets a connection, by TCP where it is empty; `http_status` is as in `websocket::connect`.
using command_dialer = std::function<task<result<std::unique_ptr<websocket::client>>>(
    websocket::client_options, unsigned* http_status)>;

/// Connects a command to a server's `/v1/admin/store`. `why` receives what the server has against it, for a
/// person; nothing when there is no server.
task<result<std::unique_ptr<websocket::client>>> connect_command(environment* env, serving_place at,
                                                                 std::string* why, command_dialer dial = {});

} // namespace rejoinder::service::admin
