#pragma once

#include "statemachine/coach/actions.hpp"
#include "statemachine/coach/phases.hpp"
#include "tests/support/catch.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

namespace coach = statemachine::coach;

/// Somebody who is coached, as far as a test wants: a model that has consented, and actions on it.
struct coached {
    explicit coached(coach::coach_phase phase = coach::coach_phase::introduction) {
        of.say(coach::said::consented);
        of.state.phase = phase;
        around.now = from_unix(1'700'000'000'000);
        around.new_id = [this] { return "id" + std::to_string(++ids); };
    }

    coach::action_result act(const std::string& action, json parameters = json::object()) {
        return coach::apply(of, {{"action", action}, {"parameters", std::move(parameters)}}, around);
    }

    /// A refusal's code, or "done".
    std::string try_to(const std::string& action, json parameters = json::object()) {
        auto before = coach::to_json(of);
        auto result = act(action, std::move(parameters));
        if (result.done()) return "done";
        CHECK(coach::to_json(of) == before); // a refused action changes nothing
        return result.data.value("code", "");
    }

    /// An identity in a state, with its name for an id.
    coached& with(const std::string& name, coach::identity_state state = coach::identity_state::proposed,
                  coach::identity_category category = coach::identity_category::passions_and_talents) {
        coach::coach_identity made;
        made.name = name;
        made.state = state;
        made.category = category;
        of.identities.push_back({name, std::move(made)});
        return *this;
    }

    const coach::coach_identity& identity(const std::string& name) const {
        return of.find_identity(name)->value;
    }

    coach::model of;
    coach::circumstances around;
    int ids = 0;
};

} // namespace rejoinder::tests
