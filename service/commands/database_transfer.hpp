#pragma once

#include "persistence/lifecycle/import.hpp"
#include "persistence/lifecycle/subject.hpp"
#include "service/commands/command_loop.hpp"

/// What several database commands do with files.
namespace rejoinder::service::commands {

/// Exports into a new file. Throws `std::system_error` when it can't be written.
result<persistence::lifecycle::item_counts>
export_to(command_loop& loop, persistence::database& of, const std::string& path,
          const std::optional<persistence::lifecycle::subject>& only);

/// Throws `std::system_error` when the file can't be read.
result<persistence::lifecycle::import_report> import_from(command_loop& loop, persistence::database& into,
                                                          const std::string& path,
                                                          persistence::lifecycle::import_options options);

} // namespace rejoinder::service::commands
