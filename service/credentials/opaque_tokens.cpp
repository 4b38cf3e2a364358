#include "service/credentials/opaque_tokens.hpp"

#include "persistence/hash.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rejoinder::service::credentials {

using persistence::errc;

namespace {

constexpr std::string_view prefix = "at1.";
constexpr std::size_t secret_length = 43; ///< 256 bits in base64url without padding

bool is_made_here(std::string_view token) noexcept {
    auto is_base64url = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    return token.starts_with(prefix) && token.size() == prefix.size() + secret_length &&
           std::ranges::all_of(token.substr(prefix.size()), is_base64url);
}

} // namespace

task<found_principal> opaque_tokens::check(secret token) {
    if (!is_made_here(token.bytes())) co_return problem::invalid; // unread: a read costs more than it says
    auto finding = tokens_.find(std::string(token.bytes()), env_.utc_now());
    auto found = co_await std::move(finding);
    if (!found) co_return found.error() == errc::not_found ? problem::invalid : problem::unavailable;
    auto& about = found->value;
    // An operator's token opens other doors than a client's.
    if (about.kind == persistence::token_kind::admin) co_return problem::invalid;
    if (about.account == local_account) co_return problem::invalid;
    principal who;
    who.account.text = std::move(about.account);
    if (!about.device.empty()) who.device = device_id{std::move(about.device)};
    who.expires = about.expires;
    who.lasting = lasting::revocable;
    co_return who;
}

std::string make_token(environment& env) {
    return std::string(prefix) + make_secret(env);
}

} // namespace rejoinder::service::credentials
