#pragma once

#include "persistence/session_record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::persistence::sqlite {

/// The messages of a log's entry without what its input and its events say as well: what was said, and the
/// turn's id. It is a quarter of the entry, and every byte of it is written to the disk twice.
///
/// Only whole strings of the JSON are left out, each as the bytes that stand between its quotes, so that the
/// messages become what they were, byte for byte, and are JSON without them, too. Whatever the texts are,
/// they come back; sealed ones say hardly anything twice.
struct lean_messages {
    std::string text;
    std::string repeats; ///< as the column has it: triples, see `whole_messages`
};

/// Nothing where there is nothing worth leaving out.
std::optional<lean_messages> without_repeats(const log_entry& entry);

/// What the messages of an entry were. Each of the triples says at which byte of `text` something was left
/// out, how many bytes, and at which byte of `input` and `events`, one behind the other, they stand; in the
/// order of the text. Nothing where they say something else, which only a fault or a hand can have done. With
/// an empty `repeats` they are the text, and the others are not looked at.
std::optional<std::string> whole_messages(std::string text, std::string_view repeats, std::string_view input,
                                          std::string_view events);

/// The same as an expression of SQL, for a row of the log that a query names `log`. For people who look into
/// a file: what doesn't fit is not told apart, but no damaged row keeps others from being read.
std::string whole_messages_in_sql();

} // namespace rejoinder::persistence::sqlite
