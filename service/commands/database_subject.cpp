#include "service/commands/database_subject.hpp"

namespace rejoinder::service::commands {

std::optional<persistence::lifecycle::subject> subject_of(const database_command& command) {
    using persistence::lifecycle::subject;
    if (command.account.empty() || (!command.user.empty() && !command.person.empty())) return std::nullopt;
    if (!command.user.empty()) return subject{subject::kind::user, command.account, command.user};
    if (!command.person.empty()) return subject{subject::kind::person, command.account, command.person};
    return subject{subject::kind::account, command.account, ""};
}

} // namespace rejoinder::service::commands
