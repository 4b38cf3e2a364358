#pragma once

#include "statemachine/coach/actions.hpp"
#include "statemachine/coach/english.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::statemachine::coach {

/// What the places of a line are filled with: `{name}` and its text.
using filling = std::initializer_list<std::pair<std::string_view, std::string>>;

/// What the scripted speaker works with in one turn: the model, what the user said, and a place for what is
/// said, asked and done. Actions are carried out at once, so that the script speaks of what they came to.
///
/// What was asked is kept in the model's `script`: `asked` (the topic), `about` (an id or a word that goes
/// with it), `question` (how it was put), and what else the phases want to know of the last turn.
class stage_hand {
public:
    stage_hand(model& of, circumstances& in, std::function<std::size_t(std::size_t)> draw,
               std::string_view heard);

    coach::model& of;
    const std::string_view heard;
    utc_time now() const noexcept { return in_.now; }

    std::string_view asked() const;
    std::string about() const;

    /// A word of the script's own, kept with the model; empty: none.
    std::string note(std::string_view name) const;
    void note(std::string_view name, std::string value);

    action_result act(std::string_view action, json parameters = json::object());

    /// Says one of the lines of that key (`script_lines.hpp`), another one than the last time.
    void say(std::string_view key, filling with = {});
    void say_text(std::string_view text);

    /// Asks one of the lines, and keeps what was asked. Only the last question of a turn counts.
    void ask(std::string_view key, filling with = {}, std::string about = {});
    /// The same with a topic that is not the line's key.
    void ask_about(std::string_view topic, std::string_view key, filling with, std::string about);
    /// Puts the question that stands open once more.
    void ask_again();

    // The outcome.
    const std::string& said() const noexcept { return said_; }
    const std::string& question() const noexcept { return question_; }
    std::vector<action_result>& results() noexcept { return results_; }

private:
    std::string line(std::string_view key, filling with);

    circumstances& in_;
    std::function<std::size_t(std::size_t)> draw_;
    std::string said_;
    std::string question_;
    std::vector<action_result> results_;
};

} // namespace rejoinder::statemachine::coach
