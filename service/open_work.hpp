#pragma once

#include "persistence/boxed.hpp"
#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "statemachine/interpreter.hpp"
#include "statemachine/policies.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// Whose a turn is and what a repetition of it must repeat.
struct turn_identity {
    turn_id id; ///< empty: there is no turn
    device_id device;
    std::uint64_t number = 0;
    std::string digest;
};

/// A turn that has begun and waits for the tools and calls that it opened.
struct parked_turn {
    turn_identity who;
    utc_time received{};
    std::uint64_t first = 0; ///< the first of its events
};

/// Work that was handed to the device.
struct open_tool {
    std::string call; ///< names it; no other tool of the session's epoch is named so
    std::string name;
    json args;
    turn_id turn; ///< that opened it; empty: the session's birth or a device's report
    utc_time deadline{};
    std::string skill; ///< whose work it is; empty: the machine's
};

/// Work of the server itself for the session: an actor that its machine has invoked.
struct open_call {
    std::string call;   ///< names it; no other call of the session's epoch is named so
    std::string actor;  ///< its id in the machine
    std::string source; ///< who does it
    json input;
    turn_id turn; ///< that it was begun in; empty: none
    utc_time deadline{};
};

/// A turn that was accepted and has not begun.
struct queued_turn {
    turn_identity who;
    statemachine::event event;
    std::string heard;
    utc_time received{};
    std::optional<std::uint64_t> if_revision;
    std::optional<utc_time> expires;
    statemachine::overlap::policy policy = statemachine::overlap::policy::queue;
    std::optional<utc_time> not_before; ///< of one that is debounced

    /// Whether a text behind it may become one turn with it.
    bool joins() const noexcept;
};

/// What a session has accepted or handed out and has not brought to an end. Durable: part of its state.
struct open_work {
    boxed<parked_turn> parked;
    std::vector<open_tool> tools;
    std::vector<open_call> calls;
    std::uint64_t calls_begun = 0;  ///< ever: names the next one
    std::vector<queued_turn> queue; ///< in the order in which they begin

    bool empty() const noexcept { return !parked && tools.empty() && calls.empty() && queue.empty(); }
    const open_tool* find_tool(std::string_view call) const noexcept;
    const open_call* find_call(std::string_view call) const noexcept;
    /// Whether the turn has opened something that has not ended.
    bool holds(const turn_id& turn) const noexcept;
    const queued_turn* find_queued(const turn_id& turn) const noexcept;
    /// Turns that have to end before this one, which is queued, begins.
    std::uint64_t turns_before(const turn_id& queued) const noexcept;
    /// The turn that is parked and waits for nothing any more, and is parked no longer; nothing: there is
    /// none.
    std::optional<parked_turn> take_settled();
    void close_all_of(const turn_id& turn);
    /// What has come to an end: a tool or a call of that name.
    void close(std::string_view call);

    /// When the next tool or call has had its time; nothing when none is open.
    std::optional<utc_time> next_deadline() const noexcept;
};

/// More tools than this are not open at a time in one session.
inline constexpr std::size_t max_open_tools = 16;
/// And not more calls than this.
inline constexpr std::size_t max_open_calls = 16;
/// Bytes of the inputs that wait, all together: they are part of the session's row.
inline constexpr std::size_t max_queued_bytes = 256 * 1024;

json to_json(const open_work& work);
std::optional<open_work> restore_open_work(const json& stored);

} // namespace rejoinder::service
