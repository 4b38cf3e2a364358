#pragma once

#include "persistence/time.hpp"
#include "service/commands/database.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What `rejoinder token ...` does with the tokens in a store, also beside the server that has it open. Each
/// returns the exit status, as the database commands do.
namespace rejoinder::service::commands {

struct token_command {
    database_command store; ///< which store, and whether JSON is printed
    std::string account;
    std::string device; ///< empty: any
    std::string expires = "365d";
    std::string id; ///< how the name of a token begins; empty: any
};

int token_issue(const token_command& command);
int token_list(const token_command& command);
int token_revoke(const token_command& command);

/// A number and its unit (`s`, `m`, `h` or `d`), more than nothing and at most 3650 days; nothing for any
/// other text.
std::optional<milliseconds> parse_duration(std::string_view text);

} // namespace rejoinder::service::commands
