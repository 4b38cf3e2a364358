#pragma once

#include "persistence/ids.hpp"
#include "persistence/secret.hpp"
#include "persistence/task.hpp"
#include "persistence/time.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>

/// Who a client is, as far as it can show it.
namespace rejoinder::service::credentials {

/// A longer token is refused unread.
inline constexpr std::size_t longest_token = 8192;

/// The account of everybody where there are no credentials, and of robots. No token stands for it: whoever
/// makes out tokens could let people choose the name.
inline constexpr std::string_view local_account = "local";

/// Whether what was found of a token may change before it expires.
enum class lasting {
    until_expiry, ///< nobody can take it back
    revocable     ///< it is to be looked at again
};

/// Whom a token stands for.
struct principal {
    account_id account;
    std::optional<device_id> device; ///< nothing: any device of the account
    std::optional<utc_time> expires; ///< from when on it counts no more; nothing: never
    credentials::lasting lasting = lasting::until_expiry;
};

/// Why there is no principal. A client is never told more.
enum class problem {
    invalid,    ///< unknown, forged, revoked, not valid yet or for somebody else
    expired,    ///< it was valid once
    unavailable ///< what would tell does not answer now
};

std::string_view to_string(problem why) noexcept;

using found_principal = boost::system::result<principal, problem>;

/// What `value()` throws where the caller was sure.
[[noreturn]] void throw_exception_from_error(const problem& why, const boost::source_location&);

/// The one way to find out who a client is. Lives on the environment's thread, outlives its tasks; calls may
/// overlap. Secrets are compared in constant time, and no part of a token is logged.
class verifier {
public:
    virtual ~verifier() = default;

    /// Whom the token stands for now. What must not be waited for is answered without waiting.
    virtual task<found_principal> check(secret token) = 0;
};

} // namespace rejoinder::service::credentials
