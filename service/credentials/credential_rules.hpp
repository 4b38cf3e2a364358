#pragma once

#include "persistence/secret.hpp"
#include "persistence/time.hpp"

#include <array>
#include <string>
#include <string_view>

namespace rejoinder::service::credentials {

/// What clients show to say who they are: nothing, tokens that `rejoinder token issue` has made, or JSON Web
/// Tokens (RFC 7519) that somebody else signs.
enum class kind { none, tokens, jwt };

/// In the order of the enumeration, as the configuration spells them.
inline constexpr std::array<std::string_view, 3> kind_names = {"none", "tokens", "jwt"};

/// How a JSON Web Token is signed (RFC 7518, section 3.1). One is configured; what a token says of itself
/// never chooses.
enum class algorithm { hs256, rs256, es256 };

inline constexpr std::array<std::string_view, 3> algorithm_names = {"HS256", "RS256", "ES256"};

inline std::string_view to_string(kind value) noexcept {
    return kind_names[static_cast<std::size_t>(value)];
}
inline std::string_view to_string(algorithm value) noexcept {
    return algorithm_names[static_cast<std::size_t>(value)];
}

/// What the configuration says of credentials.
struct rules {
    credentials::kind kind = kind::none;

    // Of JSON Web Tokens only.
    credentials::algorithm algorithm = algorithm::hs256;
    secret key;                        ///< lines `ID:KEY` of HS256; only as a variable, never written out
    std::string key_file;              ///< the same lines, or public keys in PEM
    std::string issuer;                ///< `iss` that tokens must have; empty: any
    std::string audience;              ///< one that `aud` must name; empty: any
    std::string account_claim = "sub"; ///< the claim that names the account
    milliseconds skew{60000};          ///< how far the issuer's clock may be off; at most 60 s
};

} // namespace rejoinder::service::credentials
