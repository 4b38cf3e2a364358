#include "service/credentials/signed_tokens.hpp"

#include "persistence/log.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace rejoinder::service::credentials {
namespace {

constexpr std::size_t longest_account = 128;

/// The end of the year 9999: no clock of a person goes beyond.
constexpr double latest_date = 253'402'300'799;

/// The text of a member; nothing when it is absent or none.
std::optional<std::string> text_at(const json& object, std::string_view name) {
    auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

/// Seconds since 1970 (RFC 7519, section 2), with or without a fraction.
std::optional<utc_time> date_at(const json& claims, std::string_view name) {
    auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    auto value = found->get<double>();
    if (!(value >= 0 && value <= latest_date)) return std::nullopt;
    return from_unix(static_cast<std::int64_t>(std::floor(value * 1000)));
}

/// An account's name, as it can be stored and shown.
bool is_account(std::string_view text) {
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !text.empty() && text.size() <= longest_account && std::ranges::none_of(text, is_control);
}

bool is_named(const json& audience, const std::string& wanted) {
    if (audience.is_string()) return audience.get_ref<const std::string&>() == wanted;
    return audience.is_array() &&
           std::ranges::any_of(audience, [&](const json& one) { return one == json(wanted); });
}

bool is_jwt_type(const json& header) {
    if (!header.contains("typ")) return true;
    auto type = text_at(header, "typ").value_or("");
    std::ranges::transform(type, type.begin(), [](char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return type == "jwt";
}

/// The operator may know what the client is not told.
problem refuse(problem why, std::string_view member) {
    log::info("token_refused", {{"why", to_string(why)}, {"member", member}});
    return why;
}

} // namespace

signed_tokens::signed_tokens(environment& env, rules configured, std::shared_ptr<const key_set> keys)
    : env_(env), rules_(std::move(configured)), keys_(std::move(keys)) {}

task<found_principal> signed_tokens::check(secret token) {
    if (token.empty() || token.bytes().size() > longest_token) co_return problem::invalid;
    std::string text(token.bytes());
    auto found = judge(text);
    OPENSSL_cleanse(text.data(), text.size());
    co_return found;
}

/// Whether one of the keys that the token may call for has signed it. Who verifies in constant time is the
/// library; which key it was, is no secret.
bool signed_tokens::has_signature(const unverified_jwt& read, const std::string& token) const {
    bool calls = read.header.contains("kid");
    auto wanted = text_at(read.header, "kid").value_or("");
    return std::ranges::any_of(*keys_, [&](const verification_key& key) {
        bool may = !calls || (!wanted.empty() && key.id == wanted);
        return may && is_signed(token, rules_.algorithm, key);
    });
}

bool signed_tokens::is_for_us(const json& claims) const {
    if (!rules_.issuer.empty() && text_at(claims, "iss") != rules_.issuer) return false;
    auto audience = claims.find("aud");
    // RFC 7519, section 4.1.3: a token that names whom it is for is for nobody else.
    if (rules_.audience.empty()) return audience == claims.end();
    return audience != claims.end() && is_named(*audience, rules_.audience);
}

found_principal signed_tokens::judge(const std::string& token) const {
    auto read = parse_jwt(token);
    if (!read) return refuse(problem::invalid, "form");
    const auto& [header, claims] = *read;
    if (text_at(header, "alg") != to_string(rules_.algorithm)) return refuse(problem::invalid, "alg");
    if (header.contains("crit")) return refuse(problem::invalid, "crit");
    if (!is_jwt_type(header)) return refuse(problem::invalid, "typ");
    if (!has_signature(*read, token)) return refuse(problem::invalid, "signature");

    if (!is_for_us(claims)) return refuse(problem::invalid, "iss or aud");
    principal who;
    who.account.text = text_at(claims, rules_.account_claim).value_or("");
    if (!is_account(who.account.text) || who.account.text == local_account)
        return refuse(problem::invalid, rules_.account_claim);
    if (claims.contains("device")) {
        who.device = device_id{text_at(claims, "device").value_or("")};
        if (!is_client_id(who.device->text)) return refuse(problem::invalid, "device");
    }
    auto now = env_.utc_now();
    auto expires = date_at(claims, "exp");
    if (!expires) return refuse(problem::invalid, "exp");
    if (claims.contains("nbf")) {
        auto begins = date_at(claims, "nbf");
        if (!begins || now + rules_.skew < *begins) return refuse(problem::invalid, "nbf");
    }
    who.expires = *expires + rules_.skew;
    if (now >= *who.expires) return refuse(problem::expired, "exp");
    return who;
}

} // namespace rejoinder::service::credentials
