#pragma once

#include "persistence/ids.hpp"

#include <cstddef>
#include <string_view>

namespace rejoinder::service {

/// Where the sessions of a server live that has several loops, each with a thread of its own: a session's id
/// says which of them it is, for as long as the server runs. So everybody knows without asking, no two can
/// activate the same session, and the loops share nothing. A new session gets an id that lives where its
/// client is; a socket that comes back for a session of another loop goes there.
///
/// The number of loops may be another one when the server begins anew: nothing of this is stored.
class placement {
public:
    /// One loop, on which all live.
    placement() = default;
    placement(std::size_t here, std::size_t loops) noexcept : here_(here), loops_(loops) {}

    std::size_t here() const noexcept { return here_; }
    std::size_t loops() const noexcept { return loops_; }

    std::size_t home_of(const session_id& session) const noexcept { return home_of(session.text); }
    /// Of what has no session yet.
    std::size_t home_of(std::string_view name) const noexcept;
    bool is_here(const session_id& session) const noexcept {
        return loops_ == 1 || home_of(session) == here_;
    }

private:
    std::size_t here_ = 0;
    std::size_t loops_ = 1;
};

} // namespace rejoinder::service
