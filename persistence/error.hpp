#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace rejoinder::persistence {

/// What a database operation may end with. Every one is an ordinary result; the native error behind it
/// (SQLite's, the file system's) is logged where it occurs and goes no further.
enum class errc {
    not_found = 1,   ///< there is no such record
    conflict,        ///< a condition on a revision did not hold: read again and decide again
    fenced,          ///< another owner has the session: stop at once
    duplicate_turn,  ///< the turn id is recorded already: load its outcome
    unavailable,     ///< the store cannot do it now (busy, disk full, read-only); nothing was written
    unknown_outcome, ///< whether the change set was written is not known: read before anything else
    closed,          ///< the database was closed
    too_large,       ///< a value exceeds the bound of 1 MiB
    corrupt,         ///< what was read cannot be what was written
    bad_record,      ///< what was read breaks its record type's schema
    missing_key,     ///< what was read is sealed under a key that this program was not given
    newer_schema,    ///< the store was written by a newer program; it is left alone
    unwritable,      ///< the store cannot be opened for writing
    trimmed,         ///< what followed that position is gone: begin anew with everything
    bad_url,         ///< the text names no known kind of database
    unsupported      ///< this kind of database cannot do that
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

} // namespace rejoinder::persistence

template <>
struct boost::system::is_error_code_enum<rejoinder::persistence::errc> : std::true_type {};
