#pragma once

#include "persistence/database.hpp"
#include "persistence/encryption/keyring.hpp"

#include <map>
#include <optional>
#include <string>

/// The record by which a sealed store is known. Nobody above the encryption sees it, so it is not copied into
/// another store with the others.
namespace rejoinder::persistence::encryption {

/// How far a store that was begun without keys has come.
enum class progress {
    admitting, ///< records with personal keys still stand under them; it is not served
    mixed,     ///< there may be texts that are not sealed yet
    sealed     ///< there are none; a store that was begun with keys is so from its beginning
};

/// What a sealed store says about itself.
struct marker {
    encryption::progress progress = progress::sealed;

    /// Keys that values may be sealed under: id and check. The check shows that a key is the same one.
    std::map<std::string, std::string> keys;

    /// The key of the pseudonyms, sealed under one of the others. It is made once, at random, and stays when
    /// the others are rotated: with a new one every key of a record would have to change at once.
    std::string index_key;
};

record_id marker_id();
bool is_marker(const record_id& id) noexcept;

std::string to_value(const marker& from);

/// Nothing when the text is no marker that this program knows.
std::optional<marker> to_marker(const std::string& value);

/// What the marker notes of a key: it shows nothing of it.
std::string check_of(const named_key& key);

/// Why a store with this marker cannot be opened with these keys, as the end of a sentence that begins with
/// its name; empty when it can.
std::string objection_to(const keyring& keys, const marker& stored);

/// The marker as it stands in a store; none when nothing in it was ever sealed.
struct standing_marker {
    std::optional<marker> stored;
    rejoinder::revision revision;
};

/// The database outlives the tasks. `corrupt` when there is something else in the marker's place.
task<result<standing_marker>> load_marker(database* from);

/// Over the revision that was read: `conflict` when somebody else has written it since.
task<error_code> save_marker(database* into, marker changed, revision read, utc_time now);

} // namespace rejoinder::persistence::encryption
