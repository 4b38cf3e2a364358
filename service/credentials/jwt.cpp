#include "service/credentials/jwt.hpp"

#include "persistence/base64.hpp"

#include <jwt.h>
#include <openssl/err.h>

#include <algorithm>
#include <memory>

namespace rejoinder::service::credentials {
namespace {

struct jwt_deleter {
    void operator()(jwt_t* token) const noexcept { jwt_free(token); }
};
using owned_jwt = std::unique_ptr<jwt_t, jwt_deleter>;

jwt_alg_t native(algorithm by) noexcept {
    switch (by) {
    case algorithm::hs256:
        return JWT_ALG_HS256;
    case algorithm::rs256:
        return JWT_ALG_RS256;
    case algorithm::es256:
        return JWT_ALG_ES256;
    }
    return JWT_ALG_INVAL;
}

/// The bytes of a text in base64url without padding (RFC 7515, section 2).
std::optional<std::string> from_base64url(std::string_view text) {
    std::string padded(text);
    if (padded.find_first_of("+/=") != padded.npos) return std::nullopt;
    std::ranges::replace(padded, '-', '+');
    std::ranges::replace(padded, '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    return from_base64(padded);
}

std::optional<json> read_object(std::string_view part) {
    auto text = from_base64url(part);
    if (!text) return std::nullopt;
    auto parsed = parse_json(*text);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    return std::optional<json>(std::in_place, std::move(parsed.value));
}

} // namespace

std::optional<unverified_jwt> parse_jwt(std::string_view token) {
    auto first = token.find('.');
    auto second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
    auto header = read_object(token.substr(0, first));
    auto claims = read_object(token.substr(first + 1, second - first - 1));
    auto signature = from_base64url(token.substr(second + 1));
    if (!header || !claims || !signature || signature->empty()) return std::nullopt;
    return unverified_jwt{std::move(*header), std::move(*claims)};
}

bool is_signed(const std::string& token, algorithm by, const verification_key& with) {
    auto key = with.bytes.bytes();
    jwt_t* decoded = nullptr;
    // The library takes the algorithm from the token; whoever calls it has made sure that it is this one, and
    // what the library has understood is looked at once more.
    auto error = jwt_decode(&decoded, token.c_str(), reinterpret_cast<const unsigned char*>(key.data()),
                            static_cast<int>(key.size()));
    owned_jwt owner(decoded);
    ERR_clear_error(); // what a wrong signature leaves there is nobody else's
    return error == 0 && decoded && jwt_get_alg(decoded) == native(by);
}

} // namespace rejoinder::service::credentials
