#pragma once

#include "service/private_server.hpp"
#include "tests/support/source_folder.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rejoinder::tests {

inline const std::string program = REJOINDER_PROGRAM;
inline const std::string sources = source_folder();
inline const std::string sample_machines = sources + "/samples/machines";

/// Starts the program as a server of the sample machines.
inline std::unique_ptr<service::private_server> serve(const std::string& database,
                                                      std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"--database",    database,      "--machines",
                                       sample_machines, "--log-level", "warning"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::string why;
    auto server = service::private_server::start(program, arguments, why);
    if (!server) throw std::runtime_error(why);
    return server;
}

/// What lets a client connect and talk as fast as it can: rates and counts, never a size or a check.
inline std::vector<std::string> unhurried() {
    return {"--set", "limits.attach-per-minute=1e9", "--set", "limits.attach-burst=1e9",
            "--set", "limits.takeovers=1000000",     "--set", "limits.messages-per-second=1e9",
            "--set", "limits.message-burst=1e9",     "--set", "limits.queued-turns=64"};
}

} // namespace rejoinder::tests
