#pragma once

#include "persistence/change_feed.hpp"
#include "persistence/change_set.hpp"
#include "persistence/transfer.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

/// How records look as JSON: in the journal and the snapshots of the file database, in exports and in the
/// feed of changes. Members are named as the columns are; one that is empty, zero or absent is left out. A
/// text that is itself JSON stands there as JSON, so that people and tools can read it, where writing it
/// again gives the same bytes, and as a text under its name with `_text` behind otherwise: every byte comes
/// back.
///
/// The texts must be UTF-8 (`rules::judge` sees to that). Reading answers nothing when a member is missing or
/// of the wrong kind, or when there are others than it knows.
namespace rejoinder::persistence {

/// Keeps the order of members.
using document = nlohmann::ordered_json;

document to_document(const record& from);
document to_document(const session_row& from); ///< with its key and its id
document to_document(const log_entry& from);
document to_document(const change_set& from);
document to_document(const transfer& from);
document to_document(const change& from);

std::optional<record> to_record(const document& from);
std::optional<session_row> to_session_row(const document& from);
std::optional<log_entry> to_log_entry(const document& from);
std::optional<change_set> to_change_set(const document& from);
std::optional<transfer> to_transfer(const document& from);
std::optional<change> to_change(const document& from);

/// One line without line breaks in it.
std::string to_line(const document& from);

/// Nothing when the text is no JSON, or nested more than 256 deep.
std::optional<document> from_line(std::string_view line);

} // namespace rejoinder::persistence
