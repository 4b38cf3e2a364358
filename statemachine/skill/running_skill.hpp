#pragma once

#include "persistence/json.hpp"
#include "statemachine/skill/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::statemachine {

class skill_frame;

/// A skill that works for a state of the machine: part of a snapshot. It waits, always: what it waits for is
/// the last step of its journal.
struct running_skill {
    std::string actor; ///< its id in the machine
    std::string name;
    std::int64_t version = 1; ///< that this run began with
    std::uint64_t run = 1;    ///< counts all begins of skills in the session: names what this one waits for
    json input;
    journal steps;
    /// What it waits for has come to nothing without its hearing of it (`lose_closed_work`); it is told when
    /// it is run next.
    bool lost = false;
    /// Where the code stands. It is shared by the snapshots before and behind a step, so it may be ahead of
    /// this journal (the step was thrown away) or missing (it was stored): then the code is run again.
    std::shared_ptr<skill_frame> frame;

    /// Names the timer or the call that the last step waits for; no other one of the session is named so.
    std::string work_id() const;
    /// Of the event that says that the last step's time is over, and of the timer behind it.
    std::string timer_id() const;

    enum class wait { answer, event, tool, call, time };
    /// What the last step waits for, as far as its name tells.
    wait waits_for() const noexcept;

private:
    std::string number() const;
};

/// Begins the names of what skills wait for; no actor of a machine is named so.
inline constexpr std::string_view skill_work_prefix = "skill.";

/// More of them do not run in one session.
inline constexpr std::size_t max_skills = 8;
/// Bytes of what one of them is given.
inline constexpr std::size_t max_skill_input = 16 * 1024;

json to_json(const running_skill& one);
std::optional<running_skill> restore_skill(const json& stored);

/// Whose name stands behind `skill:` in the source of an invoked actor; nothing for other actors.
std::optional<std::string_view> skill_name(std::string_view source);
/// The source of an invoked actor that is the skill of that name.
std::string skill_source(std::string_view name);

} // namespace rejoinder::statemachine
