#pragma once

#include "statemachine/interpreter.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rejoinder::statemachine {

/// An actor that works for a machine outside of its snapshot: whoever runs the machine has it. The work that
/// a skill waits for is one as well, by its `work_id`.
struct running_actor {
    std::string id;
    std::string source;
};

/// A machine as an older version of its document left it.
struct former_machine {
    std::int64_t version = 0;
    std::string_view snapshot; ///< the text that `serialise` made
    std::vector<running_actor> actors;
};

/// The same machine in its newest version.
struct migrated_machine {
    snapshot next;
    std::vector<std::string> actors;    ///< the given ones by their ids of now; empty: not wanted any more
    std::vector<std::string> beginning; ///< ids of actors that are still to be begun (`begin_actors`)
};

/// Takes a machine over to a newer version of its document, as that one's `migrations` say. Pure, and without
/// the former document: what is known of that is in the snapshot's text.
///
/// No action runs but those that upgrade the context. A state that is renamed keeps its timers and actors;
/// those of a state that is dropped, or has none of that name any more, go with it. A state that the machine
/// comes into by this, as a fallback, a new region or where a state has got states inside, begins its own.
/// Skills are actors that take their journals, timers and calls along. A timer whose delay is another one now
/// begins anew. History states forget what is no state any more. Members that are new in the machine's
/// `context` get their values. Timers whose policy says so go on as if no time had passed from `stopped` to
/// `now`; where the two are the same nobody was away.
///
/// A text instead is the sentence that says why there is no way; nothing has changed then.
std::variant<migrated_machine, std::string> migrate(const definition& to, const former_machine& from,
                                                    utc_time stopped, utc_time now);

/// The state of a stored machine, whatever its version, as `state_path` would name it: dotted; of several
/// that are active at a time, with ` | ` between. Empty where the snapshot's text is damaged.
std::string stored_state_path(std::string_view snapshot);

/// The context of a machine of an older version, as `migrate` makes it, or why it can't be made.
std::variant<context::context_value, std::string> upgrade_context(const definition& to, std::int64_t from,
                                                                  const json& context);

/// The step that begins these actors of a machine, each of an active state, as entering that would; they see
/// the event `xstate.init`. The machine comes to rest in it, as in any other.
step_result begin_actors(const definition& machine, snapshot from, const std::vector<std::string>& ids,
                         const step_inputs& inputs);

} // namespace rejoinder::statemachine
