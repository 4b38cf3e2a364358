#pragma once

#include "persistence/error.hpp"
#include "persistence/store_health.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace rejoinder::persistence::postgresql {

/// What the server refused, or that there is no way to it. `what` is the native text, for the log only.
class failure : public std::runtime_error {
public:
    /// The SQLSTATE of a connection that is gone (class 08 of the SQL standard).
    static constexpr std::string_view connection_lost = "08006";

    failure(std::string_view sqlstate, const std::string& text)
        : std::runtime_error(text), sqlstate_(sqlstate) {}

    const std::string& sqlstate() const noexcept { return sqlstate_; }

    /// Whether the connection is of no use any more.
    bool is_loss() const noexcept;

    /// Whether the same transaction may succeed when it is tried again: somebody else's got in its way
    /// (serialization failure, deadlock), or created meanwhile what was absent (unique violation).
    bool may_pass() const noexcept;

    /// Whether a server that is spread over machines does not know itself what became of a commit.
    bool is_ambiguous() const noexcept { return sqlstate_ == "40003"; }

    /// Whether this server has no such command or function, as those that are only compatible lack some.
    bool is_unknown_to_server() const noexcept;

    /// What it means to one change set or read that nobody else is blamed for.
    errc meaning() const noexcept;

    /// What it says about the store as a whole; `usable` when it is about this statement only.
    store_health consequence() const noexcept;

private:
    bool is_class(std::string_view two) const noexcept { return sqlstate_.starts_with(two); }

    std::string sqlstate_;
};

} // namespace rejoinder::persistence::postgresql
