#pragma once

#include "context/context_value.hpp"
#include "persistence/time.hpp"
#include "statemachine/definition.hpp"
#include "statemachine/skill/running_skill.hpp"
#include "statemachine/timers.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {

/// What a machine is told. `data` is an object; machines read it as /event/..., beside /event/type.
struct event {
    std::string type;
    json data = json::object();
};

/// Everything of the outside that a step may depend on. The same inputs give the same step.
struct step_inputs {
    utc_time now{};
    std::uint64_t seed = 0;        ///< of the step's random draws
    json outside = json::object(); ///< {user, person, device, session}: values at `definition::outside_paths`
};

/// A machine between two events: always a stable configuration.
struct snapshot {
    enum class status { active, done };
    /// The active atomic and final states, one of each region, in the document's order; indices into the
    /// machine's tables. Empty: a machine that has not begun.
    std::vector<std::uint32_t> states;
    context::context_value context;
    /// What history states remember: the states that were active when the one around them was left.
    std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> history;
    std::vector<timer> timers;         ///< in the order in which they were started
    std::vector<running_skill> skills; ///< in the order in which they were begun
    std::uint64_t skill_runs = 0;      ///< begins of skills so far
    status standing = status::active;
    json output; ///< of the machine, when done

    const timer* find_timer(std::string_view id) const noexcept;
    /// The timer that falls due first, of several at once the one that was started first; null: none runs.
    const timer* next_timer() const noexcept;
};

/// What a step wants done outside, in order. The interpreter does none of it.
struct effect {
    enum class kind {
        show,   ///< an event for the client: `name` is its kind (say, ask, notice, a machine's own),
                ///< `data` its data
        tool,   ///< work for the device: `name` is the tool's, `data` {"args", "timeout" (milliseconds),
                ///< "skill"? (whose work it is)}; how it ended comes back as the event `tool.<name>.done` or
                ///< `tool.<name>.failed`, with the same `skill`
        invoke, ///< an actor begins: `name` is its id, `data` {"src", "input"}; how it ended comes back as
                ///< the event `xstate.done.actor.<id>` with its `output` or `xstate.error.actor.<id>` with
                ///< its `error`
        stop,   ///< the actor `name`, if it still works, is not wanted any more
        send,   ///< the actor `name`, if it still works, is told the event `data`
        remember, ///< user data `name` becomes `data`
        forget,   ///< user data `name` is erased
        keep,     ///< records of the user's change: `name` says whose they are (coach), `data` how
        log       ///< `data` is a text for the log
    };
    kind what = kind::show;
    std::string name;
    json data;
};

/// Why a step could not be made. The machine's state is what it was before.
struct step_error {
    /// machine.context_too_large, machine.too_many_steps, machine.too_many_timers, machine.too_much_data
    /// (more than 1 MiB of values handled), machine.bad_value (an action cannot work with what it was given)
    std::string code;
    std::string message; ///< one sentence for the client
    std::string pointer; ///< place in the machine's document
};

struct step_result {
    snapshot next;
    std::vector<effect> effects;
    bool handled = false;            ///< whether a transition was taken, or a skill was told
    std::optional<step_error> error; ///< set: no effect counts, and `next` is empty
};

// A step is made on the snapshot that it is given: who moves it there has the next one without a copy, and
// nothing to go on with when the step can't be made.

/// The first step: enters the initial state. Its actions see the event `xstate.init`.
step_result start(const definition& machine, const step_inputs& inputs);

/// One macrostep (SCXML, W3C Recommendation 2015): the transition for the event, then `always` transitions
/// and raised events until nothing is enabled; at most 1000 microsteps. A machine that is done ignores the
/// event. What no transition takes is offered to skills; what they wait for outside comes to them alone. The
/// failure of an actor that nobody takes makes no step at all: it is not `handled`.
step_result step(const definition& machine, const snapshot& from, const event& what,
                 const step_inputs& inputs);
step_result step(const definition& machine, snapshot&& from, const event& what, const step_inputs& inputs);

/// The step in which a timer of the snapshot fires: its event, without the timer. A timer that is not there
/// any more makes a step in which nothing happens.
step_result fire(const definition& machine, snapshot from, std::string_view timer_id,
                 const step_inputs& inputs);

/// Timers whose policy says so go on as if no time had passed while no server ran: from `stopped`, the
/// session's last commit, to `now`.
void resume_timers(snapshot& of, utc_time stopped, utc_time now);

/// For work that has ended without a step: a timer that `fired`, and tools and calls of skills for which
/// `is_open`, given their names, says no. The skills that wait for it hear that it has come to nothing before
/// they hear anything else.
void lose_closed_work(snapshot& of, std::string_view fired,
                      const std::function<bool(const std::string&)>& is_open);

/// The states as dotted paths, `introduction.ask_name`; of parallel regions with ` | ` between.
std::string state_path(const definition& machine, const snapshot& of);

/// Whether an active state carries the tag.
bool has_tag(const definition& machine, const snapshot& of, std::string_view tag);

/// What becomes of a turn that meets another one in this state: as the state declares it or, without a word
/// of its own, the next one around it. Of several regions the strictest word counts.
overlap overlap_of(const definition& machine, const snapshot& of);

/// The snapshot as JSON text: {"value", "context", "status", "output"?, "history"?, "timers"?,
/// "skills"?, "skill_runs"?}; and back.
/// Nothing when the text names no configuration of this machine.
std::string serialise(const definition& machine, const snapshot& of);
std::optional<snapshot> restore(const definition& machine, std::string_view text);

} // namespace rejoinder::statemachine
