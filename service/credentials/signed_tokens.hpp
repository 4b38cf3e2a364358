#pragma once

#include "persistence/environment.hpp"
#include "service/credentials/credential_rules.hpp"
#include "service/credentials/credentials.hpp"
#include "service/credentials/signing_keys.hpp"

#include <memory>
#include <string>

namespace rejoinder::service::credentials {

/// JSON Web Tokens that somebody else signs. The algorithm and the keys are the configuration's: a token that
/// says another `alg` of itself is refused before its signature is looked at, `kid` chooses among the keys
/// and names no other, and `crit`, which asks for extensions, is refused. `exp` is required; `nbf` counts
/// where it is there, `iss` and `aud` where they are configured. The claim `device` (nothing: any) names the
/// device.
class signed_tokens final : public verifier {
public:
    /// The environment outlives it; there is at least one key.
    signed_tokens(environment& env, rules configured, std::shared_ptr<const key_set> keys);

    task<found_principal> check(secret token) override;

    /// The same without a task.
    found_principal judge(const std::string& token) const;

private:
    bool has_signature(const unverified_jwt& read, const std::string& token) const;
    bool is_for_us(const json& claims) const;

    environment& env_;
    rules rules_;
    std::shared_ptr<const key_set> keys_;
};

} // namespace rejoinder::service::credentials
