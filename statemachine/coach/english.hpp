#pragma once

#include "persistence/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the scripted speaker understands of plain English. All of it is pure, and none of it is clever: short
/// answers are matched as a whole, long ones by how they begin, so that a story is not taken for an order.
/// In doubt it has not understood, as it can ask again, but can't take back what it did.
namespace rejoinder::statemachine::coach {

enum class answer { yes, no, unclear };
/// "Yes" says so however the text goes on; "I am" and "good" only when nothing follows but politeness, as
/// "I am worried" is no yes.
answer yes_or_no(std::string_view text);

/// Whether the text is a no and nothing else. "Not grey any more" is an answer of its own to an open
/// question.
bool is_plain_no(std::string_view text);

/// Whether the text asks something back, or is not sure of anything, and goes on no list. "Seeker?" does.
bool asks_back(std::string_view text);

/// A wish that has nothing to do with what was asked.
enum class wish {
    none,
    help,
    skip,
    decline_all, ///< no more of these questions
    back,
    next,
    rest, ///< a break
    stop,
    enough, ///< of a list that is open, or of all
    greeting,
    repeat,
    progress,
    summary, ///< of what the user has told
    identities,
    plan,
    notes,
    drop ///< what is talked about shall go
};
wish wish_of(std::string_view text);

/// Whether the text says that a list is complete ("that's all", "no more", a plain no), and nothing else.
bool is_end_of_list(std::string_view text);

/// The name in "my name is Ada", "call me Ada" or "Ada"; nothing when the text is no name.
std::optional<std::string> name_in(std::string_view text);

/// The things in "I am a painter, a father and I love the sea": `painter`, `father`, `the sea`; at most 20,
/// at most 120 bytes each, no two the same but for case. A yes, a no and the end of the list are no things.
std::vector<std::string> list_in(std::string_view text);

/// How far ahead "tomorrow", "in three days", "on Friday" or "next week" lies of `now`; days are those of
/// UTC.
std::optional<std::chrono::minutes> time_in(std::string_view text, utc_time now);

/// The text as a statement that begins with "I am".
std::string i_am(std::string_view text);

/// An order about one or two things that it names.
struct order {
    enum class kind { rename, combine, nest, drop, note_on, remember, change_note, delete_note, add } what;
    std::string first;
    std::string second; ///< the new name, the other thing, or the text
};
std::optional<order> order_in(std::string_view text);

} // namespace rejoinder::statemachine::coach
