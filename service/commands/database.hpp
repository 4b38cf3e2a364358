#pragma once

#include <optional>
#include <string>

/// What `rejoinder database ...` does with a store, and single sessions in it. Each returns the exit status:
/// 0 done, 1 failed or something is wrong with the store (one line on standard error says what and what to
/// do), 2 wrong use.
namespace rejoinder::service::commands {

struct database_command {
    std::string config_file;
    std::optional<std::string> database; ///< URL; nothing: the configuration's, as for `serve`
    bool dry_run = false;
    bool yes = false; ///< do not ask
    bool json = false;

    std::string file; ///< of an export or backup
    std::string session;
    std::optional<std::string> machines; ///< folder; nothing: as for serve
    std::optional<std::string> record;   ///< folder of recordings; nothing: as for serve

    // Whose data: an account, or a user or person in it.
    std::string account;
    std::string user;
    std::string person;

    std::string from;
    std::string to;
    bool remove_others = false; ///< copy: what only the target has
    bool remove = false;        ///< orphans
};

int database_migrate(const database_command& command);
int database_stats(const database_command& command);
int database_validate(const database_command& command);
int database_sanitise(const database_command& command);
int database_compact(const database_command& command);
int database_orphans(const database_command& command);
int database_export(const database_command& command);
int database_import(const database_command& command);
int database_copy(const database_command& command);
int database_backup(const database_command& command);
int database_restore(const database_command& command);
int session_list(const database_command& command);
int session_show(const database_command& command);
/// Prints the diagram of its machine, as `format` says (mermaid or dot), with the states that it is in.
int machine_show_session(const database_command& command, const std::string& format);
int session_export(const database_command& command);
int session_fork(const database_command& command);
int session_reset(const database_command& command);
int session_erase(const database_command& command);
int database_erase(const database_command& command);
int database_rekey(const database_command& command);

} // namespace rejoinder::service::commands
