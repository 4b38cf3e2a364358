#include "persistence/postgresql/failure.hpp"

namespace rejoinder::persistence::postgresql {

// The codes are those of the server's manual, appendix A.

bool failure::is_loss() const noexcept {
    return is_class("08") || is_class("57P");
}

bool failure::may_pass() const noexcept {
    return is_class("40") || sqlstate_ == "23505";
}

bool failure::is_unknown_to_server() const noexcept {
    return sqlstate_ == "0A000" || sqlstate_ == "42601" || sqlstate_ == "42883";
}

errc failure::meaning() const noexcept {
    if (is_unknown_to_server()) return errc::unsupported;
    if (sqlstate_ == "54000") return errc::too_large; // an index holds no key of more than a third of a page
    return is_class("XX") ? errc::corrupt : errc::unavailable;
}

store_health failure::consequence() const noexcept {
    if (is_loss() || sqlstate_ == "42P01") return store_health::lost; // the server, or its tables
    if (sqlstate_ == "53100") return store_health::full;
    if (sqlstate_ == "25006" || sqlstate_ == "42501") return store_health::read_only;
    // No memory, no connections, a lock that is not let go, a statement that took too long.
    if (is_class("53") || is_class("55") || is_class("57")) return store_health::busy;
    return store_health::usable;
}

} // namespace rejoinder::persistence::postgresql
