#include "service/credentials/access.hpp"

#include "service/credentials/no_credentials.hpp"
#include "service/credentials/opaque_tokens.hpp"
#include "service/credentials/signed_tokens.hpp"

namespace rejoinder::service::credentials {

access load_access(const config& values) {
    access made{values.credentials, nullptr, values.origins};
    if (!made.has_credentials() && !made.origins.empty())
        throw config_error("origins: pages of browsers need credentials, as any page could talk to this "
                           "server without; set credentials.kind");
    if (made.configured.kind == kind::tokens && values.database == "memory:")
        throw config_error("credentials.kind: tokens are kept in the database, and no command can put one "
                           "into memory:; name another database");
    if (made.configured.kind == kind::jwt) made.keys = load_signing_keys(made.configured);
    return made;
}

std::unique_ptr<verifier> make_verifier(environment& env, persistence::database& database, const access& to) {
    switch (to.configured.kind) {
    case kind::tokens:
        return std::make_unique<opaque_tokens>(env, database);
    case kind::jwt:
        return std::make_unique<signed_tokens>(env, to.configured, to.keys);
    case kind::none:
        break;
    }
    return std::make_unique<no_credentials>(account_id{std::string(local_account)});
}

} // namespace rejoinder::service::credentials
