#pragma once

#include "context/context_value.hpp"
#include "persistence/time.hpp"
#include "statemachine/definition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
    std::uint32_t state = 0; ///< the atomic or final state; index into the machine's tables
    context::context_value context;
    status standing = status::active;
    json output; ///< of the machine, when done
};

/// What a step wants done outside, in order. The interpreter does none of it.
struct effect {
    enum class kind {
        show, ///< an event for the client: `name` is its kind (say, ask, notice, a machine's own),
              ///< `data` its data
        tool, ///< work for the device: `name` is the tool's, `data` {"args", "timeout"} (milliseconds); how
              ///< it ended comes back as the event `tool.<name>.done` or `tool.<name>.failed`
        remember, ///< user data `name` becomes `data`
        forget,   ///< user data `name` is erased
        log       ///< `data` is a text for the log
    };
    kind what = kind::show;
    std::string name;
    json data;
};

/// Why a step could not be made. The machine's state is what it was before.
struct step_error {
    /// machine.context_too_large, machine.too_many_steps, machine.too_much_data (more than 1 MiB of values
    /// handled), machine.bad_value (an action cannot work with what it was given)
    std::string code;
    std::string message; ///< one sentence for the client
    std::string pointer; ///< place in the machine's document
};

struct step_result {
    snapshot next;
    std::vector<effect> effects;
    bool handled = false; ///< whether any transition was taken
    std::optional<step_error>
        error; ///< set: `next` is the snapshot that the step began with, and no effect counts
};

/// The first step: enters the initial state. Its actions see the event `xstate.init`.
step_result start(const definition& machine, const step_inputs& inputs);

/// One macrostep (SCXML, W3C Recommendation 2015): the transition for the event, then `always` transitions
/// and raised events until nothing is enabled; at most 1000 microsteps. A machine that is done ignores the
/// event.
step_result step(const definition& machine, const snapshot& from, const event& what,
                 const step_inputs& inputs);

/// The state as a dotted path, `introduction.ask_name`.
std::string state_path(const definition& machine, const snapshot& of);

/// Whether the state or one of its ancestors carries the tag.
bool has_tag(const definition& machine, const snapshot& of, std::string_view tag);

/// What becomes of a turn that meets another one in this state: as the state declares it or, without a word
/// of its own, the next one around it.
overlap overlap_of(const definition& machine, const snapshot& of);

/// The snapshot as JSON text: {"value", "context", "status", "output"?}; and back. Nothing when the text
/// names no state of this machine.
std::string serialise(const definition& machine, const snapshot& of);
std::optional<snapshot> restore(const definition& machine, std::string_view text);

} // namespace rejoinder::statemachine
