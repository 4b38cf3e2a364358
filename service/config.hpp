#pragma once

#include "persistence/secret.hpp"
#include "service/credentials/credential_rules.hpp"
#include "service/housekeeping_rules.hpp"
#include "service/openai/endpoint.hpp"
#include "service/settings.hpp"

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// A device that a robot's token stands for.
struct robot_token {
    std::string token; ///< secret
    std::string device;
};

/// What a server is started with.
struct config {
    std::string listen = "127.0.0.1:8080";
    std::string admin_listen; ///< of this machine's commands; empty: they come where clients do
    std::string database = "memory:";
    secret encryption_key;           ///< lines `ID:KEY`; only as a variable, never written out
    bool compresses_files = false;   ///< snapshots of a file database
    std::string encryption_key_file; ///< the same lines in a file of their own
    std::string machines = "samples/machines";
    std::string robot_machine = "robot"; ///< that answers robots
    std::string log_level = "info";
    std::size_t threads = 0; ///< loops that share the sessions; 0: as many as suit this machine
    std::string record;      ///< folder for recordings of all sessions; empty: none are made
    std::vector<robot_token> robot_tokens;
    openai::endpoint responder; ///< who speaks for machines that ask one
    bool echo = false;
    credentials::rules credentials;           ///< what clients show to say who they are
    std::vector<std::string> origins;         ///< of pages that may connect
    std::vector<std::string> trusted_proxies; ///< addresses and networks of proxies that name their clients
    settings limits;
    housekeeping_rules housekeeping;
};

/// A wrong configuration: names the key and, where one is close, what may have been meant.
struct config_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Where a value comes from; a later source wins.
using config_values = std::map<std::string, std::string>; ///< key -> value, in the notation of the TOML file

/// Defaults, then the TOML file (empty path: none), then the variables `REJOINDER_<KEY>` of the environment
/// (dots and dashes as underscores), then flags. In every value `${NAME}` and `${NAME:-default}` stand for
/// variables of the environment; one that is unset and has no default is an error, as are unknown keys and
/// values out of bounds, and a secret that is written out in a file or a flag.
config load_config(const std::string& file, const config_values& environment, const config_values& flags);

/// A sentence for each variable that looks like a `REJOINDER_<KEY>` with its key misspelt: such a variable is
/// not taken. One that looks like no key is somebody else's.
std::vector<std::string> misspelt_variables(const config_values& environment);

/// The variables of this process.
config_values process_environment();

/// The configuration as TOML that can be read back; of a secret only a comment is shown, with `***` (and a
/// token's device).
std::string print(const config& values);

} // namespace rejoinder::service
