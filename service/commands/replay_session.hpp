#pragma once

#include "service/commands/commands.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service::commands {

/// The file's text when it is a session's recording.
std::optional<std::string> load_session_recording(const std::string& file);

/// Replays a session's recording as the options want it; the exit status.
int replay_session(const std::string& file, std::string_view text, const replay_command_options& options);

} // namespace rejoinder::service::commands
