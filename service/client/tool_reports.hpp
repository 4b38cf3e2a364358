#pragma once

#include "persistence/json.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// How a device's work ended.
struct tool_report_frame {
    std::string call;
    std::string turn; ///< that the tool belongs to; empty: none
    bool ok = true;
    json data = json::object();
};

/// What a client has to say of its tools and nobody has taken note of yet: a report is sent on every
/// connection until its turn has ended, or the server says that nobody waits for it. The server takes each
/// once.
class tool_reports {
public:
    static constexpr std::size_t most = 64;

    /// False, and nothing is noted, when as many are open as may be.
    [[nodiscard]] bool add(tool_report_frame report);

    /// Gives those to `send` that this connection has not sent.
    void send_open(const std::function<void(const json& frame)>& send);

    void on_new_connection();
    void on_turn_ended(std::string_view turn);

    /// An error that names the call: final, or for this connection to send again later. True when it was
    /// about a report.
    bool on_error(const json& error);

private:
    struct open_report {
        tool_report_frame what;
        bool sent = false;
    };
    std::vector<open_report> open_;
};

} // namespace rejoinder::service
