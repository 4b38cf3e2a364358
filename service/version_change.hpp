#pragma once

#include "service/session_state.hpp"
#include "service/turn.hpp"
#include "statemachine/definition.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rejoinder::service {

/// A stored session whose machine has a newer version, which it goes on with.
struct version_change {
    enum class way {
        migrates, ///< as the machine's `migrations` say
        restarts  ///< from the machine's beginning
    };
    way how = way::migrates;
    std::int64_t from = 0; ///< the version that it was stored with
    std::string hash;      ///< and that one's structure
    std::string state;     ///< the session's, as its row has it
    bool ended = false;    ///< the session has: it only gets a state that can be shown
    utc_time stopped{};    ///< nobody ran the session from then on; `now` where nobody was away
};

/// What the session is in the newer version: its machine goes over (`statemachine::migrate`), what is open of
/// it stays open where the machine still wants it. Its events are `session.migrated` and `state`, and the end
/// of a turn that has nothing to wait for any more. Actors that begin do so in a step of the machine, whose
/// events follow; a turn that waited for one which is not wanted any more waits for those in its place.
///
/// One that restarts is what it would be at its birth, but for its revision, the device's report, and turns
/// that wait; its parked turn has failed. `session.migrated` says so before the machine shows anything.
///
/// Pure: the same change, inputs and head give the same result. A text instead says why it can't be; of a
/// session that has ended nothing is shown.
std::variant<turn_result, std::string> change_version(const statemachine::definition& to,
                                                      const version_change& what,
                                                      const statemachine::step_inputs& inputs,
                                                      std::uint64_t head);

/// Why the session can't migrate, as far as that does not depend on the world; empty: nothing is in the way.
std::string why_not_migrated(const statemachine::definition& to, const version_change& what);

} // namespace rejoinder::service
