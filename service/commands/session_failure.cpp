#include "service/commands/session_failure.hpp"

#include "persistence/error.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"

namespace rejoinder::service::commands {

int fail_session(const std::string& doing, const std::string& id, error_code why) {
    if (why == persistence::errc::not_found) {
        complain(doing + ": there is no session " + id + "; `rejoinder session list` tells which there are");
        return 1;
    }
    if (why == persistence::errc::trimmed) {
        complain(doing + ": the log of " + id +
                 " has let its beginning go, and the rest can't be made again; " +
                 "`limits.log-...` in the configuration tell how long a log is kept");
        return 1;
    }
    return fail(doing, why);
}

} // namespace rejoinder::service::commands
