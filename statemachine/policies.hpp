#pragma once

#include "persistence/time.hpp"

#include <optional>
#include <string_view>

namespace rejoinder::statemachine {

/// What becomes of a turn that meets another one which has not ended, in the words of protocol.md. A state
/// declares it as `meta.overlap`, for itself and the states inside it; without a word turns queue.
struct overlap {
    enum class policy {
        queue,   ///< waits its turn
        reject,  ///< is refused
        replace, ///< cancels the one that has not ended and takes its place
        merge,   ///< waits, and texts that wait behind each other become one turn
        debounce ///< the same, and even where nothing runs until no text came for `quiet`
    };
    static constexpr milliseconds longest_quiet{10000};

    policy what = policy::queue;
    milliseconds quiet{}; ///< of debounce; 1 ms to `longest_quiet`

    friend bool operator==(const overlap&, const overlap&) = default;
};

/// `queue`, `reject`, `replace`, `merge` or `debounce(MILLISECONDS)`; nothing for other texts.
std::optional<overlap> parse_overlap(std::string_view text);

/// Whether a turn may ask for `wished` where the state says `declared`: only for what takes less from the
/// turns that it meets. `reject` is the strictest, then `queue`, then `merge` and `debounce`, then `replace`.
bool is_as_strict(const overlap& wished, const overlap& declared);

/// What happens when a client attaches to a session that another one controls. A machine declares it as
/// `meta.takeover`; without a word the newest wins.
enum class takeover {
    newest, ///< the former one is sent away
    refuse, ///< the new one is sent away
    share   ///< each device has one; on one device the newest wins
};

std::optional<takeover> parse_takeover(std::string_view text);

/// What becomes of a session that was stored with an older version of its machine. The newest version
/// declares it as `meta.migration`; without a word sessions migrate.
enum class migration_policy {
    migrate, ///< it goes over to the newest version where `migrations` lead there
    pin,     ///< it stays with its own version for as long as that one is at hand
    restart  ///< it begins anew with the newest version
};

std::optional<migration_policy> parse_migration_policy(std::string_view text);
std::string_view to_string(migration_policy policy);

} // namespace rejoinder::statemachine
