#pragma once

#include "persistence/json.hpp"
#include "persistence/stores/coach_store.hpp"
#include "persistence/stores/identity_store.hpp"
#include "persistence/stores/user_records.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine::coach {

using persistence::action_item;
using persistence::coach_break;
using persistence::coach_identity;
using persistence::coach_phase;
using persistence::coach_stage;
using persistence::coach_state;
using persistence::identity_category;
using persistence::identity_state;
using persistence::user_note;

/// Something of the user's that has an id and, in the stores, a record of its own; `revision` is that of the
/// record, 0 while it was never stored.
template <class T>
struct entry {
    std::string id;
    T value;
    std::uint64_t revision = 0;
};

/// What the user has said once, and phases wait for; each a flag of `coach_state`.
namespace said {
inline constexpr std::string_view consented = "consented";
inline constexpr std::string_view ready = "ready";
inline constexpr std::string_view questions_declined = "questions_declined";
inline constexpr std::string_view who_you_are_done = "who_you_are_done";
inline constexpr std::string_view who_you_want_to_be_done = "who_you_want_to_be_done";
inline constexpr std::string_view overlaps_handled = "overlaps_handled";
inline constexpr std::string_view nothing_missing = "nothing_missing";
inline constexpr std::string_view summary_acknowledged = "summary_acknowledged";
} // namespace said

/// A flag as well, but nobody's word: a stage has ended, and nothing has been done in the next one.
inline constexpr std::string_view between_stages = "between_stages";

/// The questions of the phase get_to_know_you, in the order of asking.
std::span<const std::string_view> questions() noexcept;

/// A line of the conversation, as language models want it: `role` is user or assistant.
struct spoken {
    std::string role;
    std::string content;
};

/// Everything that a coach knows of a user and of where the coaching stands: the value at /context/coach. The
/// first part is this session's own, the second all sessions of the user have in common; see `changes.hpp`
/// for how both get into the stores.
struct model {
    // Bounds. Behind them an action is refused, and nothing is lost.
    static constexpr std::size_t max_identities = 100;
    static constexpr std::size_t max_items = 100;
    static constexpr std::size_t max_notes = 100;
    static constexpr std::size_t max_facts = 64;
    static constexpr std::size_t max_bytes = 128 * 1024; ///< of the whole, as JSON

    coach_state state;
    std::uint64_t state_revision = 0;
    std::deque<spoken> window;    ///< what was said last; see `window.hpp`
    std::string summary;          ///< of what has left the window, by whoever answers
    json script = json::object(); ///< what the scripted speaker asked last, and how it put it
    json refused = json::array(); ///< results of the last answer's actions that were refused

    std::uint64_t head = 0; ///< revision of the record that guards what follows
    std::vector<entry<coach_identity>> identities;
    std::vector<entry<action_item>> items;
    std::vector<entry<user_note>> notes;
    std::optional<entry<coach_break>> resting; ///< the open break
    std::map<std::string, std::string> facts;

    bool has_said(std::string_view flag) const;
    void say(std::string_view flag);
    void unsay(std::string_view flag);

    bool is_skipped(identity_category which) const;

    /// By id, or else by name without regard to case (those that are not archived); null: there is none.
    entry<coach_identity>* find_identity(std::string_view id_or_name);
    const entry<coach_identity>* find_identity(std::string_view id_or_name) const;
    entry<action_item>* find_item(std::string_view id_or_text);
    entry<user_note>* find_note(std::string_view id);

    /// Those that are not archived.
    std::vector<const entry<coach_identity>*> living() const;
    std::vector<const entry<coach_identity>*> living(identity_category of) const;
    std::vector<const entry<action_item>*> open_items() const;
};

/// Names of the members of the model's JSON, which prompts may read below /context/coach.
std::span<const std::string_view> model_members() noexcept;

json to_json(const model& of);

/// Members that are missing or damaged are as in a new model: what is in a context was written by this
/// program, or is a machine's own beginning.
model to_model(const json& stored);

/// A record as JSON and back, as the stores have it.
template <class T>
json to_record(T value) {
    json written = json::object();
    auto walk = persistence::record_walk::writing(written);
    describe(walk, value);
    return written;
}
template <class T>
T from_record(const json& record) {
    T value;
    auto walk = persistence::record_walk::reading(record);
    describe(walk, value);
    return value;
}

/// What a store would have against the value; empty: nothing.
template <class T>
std::string objection_to(T value) {
    json written = json::object();
    auto walk = persistence::record_walk::writing(written);
    describe(walk, value);
    auto problems = walk.finish();
    return problems.empty() ? std::string() : problems.front().pointer + " " + problems.front().message;
}

} // namespace rejoinder::statemachine::coach
