#pragma once

#include "persistence/stores/topology_store.hpp"
#include "service/credentials/credentials.hpp"

namespace rejoinder::service::credentials {

/// Tokens of 256 random bits that this program has issued. The store has them under their SHA-256 only, so
/// that nobody who reads it can use them; a look at one is one read. They can be revoked at any time, also by
/// another process, which only another look tells.
class opaque_tokens final : public verifier {
public:
    /// Both outlive it.
    opaque_tokens(environment& env, persistence::database& database) : env_(env), tokens_(database) {}

    task<found_principal> check(secret token) override;

private:
    environment& env_;
    persistence::token_store tokens_;
};

/// The text of a new token.
std::string make_token(environment& env);

} // namespace rejoinder::service::credentials
