#pragma once

#include "persistence/database.hpp"
#include "service/config.hpp"
#include "service/credentials/credentials.hpp"
#include "service/credentials/signing_keys.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rejoinder::service::credentials {

/// Who may connect, with the keys that it takes to tell. The default is everybody on this machine, and no
/// page.
struct access {
    rules configured;
    std::shared_ptr<const key_set> keys; ///< of JSON Web Tokens; nothing otherwise
    std::vector<std::string> origins;    ///< that pages may come from

    bool has_credentials() const noexcept { return configured.kind != kind::none; }
};

/// What a configuration says of all that. Blocks, as it reads keys. Throws `config_error` when it does not go
/// together.
access load_access(const config& values);

/// The one factory. What is given outlives what is made.
std::unique_ptr<verifier> make_verifier(environment& env, persistence::database& database, const access& to);

} // namespace rejoinder::service::credentials
