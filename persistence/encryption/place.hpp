#pragma once

#include "persistence/record.hpp"
#include "persistence/session_record.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

/// Where a sealed text stands, as bytes that its authentication covers: opened anywhere else it is corrupt.
namespace rejoinder::persistence::encryption {

/// Fields one behind the other, each with its length in front, so that no two lists give the same bytes.
std::string joined(std::initializer_list<std::string_view> fields);

/// A record's value. The key is the one that stands in the store.
std::string place_of(const record_id& stored);

/// A column of a session's row.
std::string place_of(const session_id& session, std::string_view column);

/// A column of an entry in a log. Whose log it is stands inside the text: a log is read by its session's key,
/// which is not known yet when the session is created and is another one in another store.
std::string place_of(revision entry, std::string_view column);

} // namespace rejoinder::persistence::encryption
