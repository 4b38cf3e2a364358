#include "service/credentials/opaque_tokens.hpp"

#include "persistence/hash.hpp"

#include <utility>

namespace rejoinder::service::credentials {

using persistence::errc;

task<found_principal> opaque_tokens::check(secret token) {
    if (token.empty() || token.bytes().size() > longest_token) co_return problem::invalid;
    auto finding = tokens_.find(std::string(token.bytes()), env_.utc_now());
    auto found = co_await std::move(finding);
    if (!found) co_return found.error() == errc::not_found ? problem::invalid : problem::unavailable;
    auto& about = found->value;
    // An operator's token opens other doors than a client's.
    if (about.kind == persistence::token_kind::admin) co_return problem::invalid;
    principal who;
    who.account.text = std::move(about.account);
    if (!about.device.empty()) who.device = device_id{std::move(about.device)};
    who.expires = about.expires;
    who.lasting = lasting::revocable;
    co_return who;
}

std::string make_token(environment& env) {
    return "at1." + make_secret(env);
}

} // namespace rejoinder::service::credentials
