#pragma once

#include "statemachine/coach/actions.hpp"
#include "statemachine/coach/stage_hand.hpp"
#include "statemachine/execution.hpp"

#include <string>
#include <vector>

namespace rejoinder::statemachine::coach {

/// One use of the model within a step: taken from the context, brought up to date with what other sessions
/// have stored where it is the step's first, and put back by `finish` with everything that follows from what
/// was done: an event `action` for each result, `progress` where the phase or a break has changed, what is
/// kept, and timers that ask about action items.
class sitting {
public:
    explicit sitting(execution& in);

    coach::model& model() noexcept { return model_; }
    circumstances& around() noexcept { return around_; }

    /// What the user said in this turn; empty: nothing.
    std::string heard() const;

    /// A hand for the scripted speaker; it lives no longer than this.
    stage_hand hand(std::string_view heard);

    /// Shows what the hand has said and asked, and takes over what it did.
    void show(stage_hand& hand);
    void say(const std::string& text);
    void note(action_result result) { results_.push_back(std::move(result)); }

    void finish();

private:
    std::string new_id();
    void leave_aside();
    void show_results();
    void follow_items();

    execution& in_;
    coach::model before_;
    coach::model model_;
    circumstances around_;
    std::vector<action_result> results_;
    std::size_t ids_ = 0;
};

/// The model as it stands, for guards.
coach::model model_in(const execution& in);

} // namespace rejoinder::statemachine::coach
