#pragma once

#include "persistence/encryption/keyring.hpp"
#include "persistence/json.hpp"
#include "service/credentials/credential_rules.hpp"

#include <optional>
#include <string>
#include <string_view>

/// JSON Web Tokens in their compact form (RFC 7515, section 7.1) with a signature.
namespace rejoinder::service::credentials {

/// A key and the name (`kid`) by which tokens call for it; one without a name is called by none.
using verification_key = persistence::encryption::named_key;

/// What a token says, whoever wrote it.
struct unverified_jwt {
    json header; ///< an object
    json claims; ///< an object
};

/// Takes a token apart. Nothing for what is no token: other than three parts of base64url, each exactly as it
/// is written, the first two of them JSON objects as `parse_json` accepts them.
std::optional<unverified_jwt> parse_jwt(std::string_view token);

/// Whether the token, which `parse_jwt` took apart, was signed by this algorithm with this key. A token that
/// says another algorithm of itself was not.
bool is_signed(const std::string& token, algorithm by, const verification_key& with);

} // namespace rejoinder::service::credentials
