#pragma once

#include "service/client/session_client.hpp"

#include <string>

namespace rejoinder::service {

/// Where the terminal client keeps what it needs to come back: one file per server and machine under
/// `$XDG_STATE_HOME/rejoinder/` (default `~/.local/state`), readable by its owner only, because it holds a
/// resume token.
class chat_memory {
public:
    chat_memory(const std::string& server, const std::string& machine);

    /// What was saved; nothing when there is no file or it is damaged.
    bool load(client_memory& out) const;

    /// Replaces the file as a whole (written beside it, then renamed). False when that was not possible.
    bool save(const client_memory& memory) const;

    const std::string& file() const noexcept { return file_; }

private:
    std::string file_;
};

} // namespace rejoinder::service
