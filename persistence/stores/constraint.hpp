#pragma once

#include "persistence/stores/record_walk.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::persistence {

enum class coach_mode { default_mode, sol, mars, earth, explorer, forge, restaurant, real_estate, builder };
std::span<const std::string_view> names_of(coach_mode) noexcept;

enum class risk_level { low, medium, high, critical };
std::span<const std::string_view> names_of(risk_level) noexcept;

/// From the mildest to the strictest.
enum class decision { allow, require_confirmation, deny };
std::span<const std::string_view> names_of(decision) noexcept;

enum class constraint_type {
    block_tool,
    max_risk,
    require_confirmation,
    mode_transition,
    persona_mismatch,
    device_restriction,
    time_window,
    block_action,
    other
};
std::span<const std::string_view> names_of(constraint_type) noexcept;

/// Minutes since midnight, local: from `from` up to but without `to`. Where `to` is not above `from` it goes
/// over midnight; equal ends are the whole day. As text `22:00` to `07:30`.
struct time_window {
    int from = 0;
    int to = 0;
    bool holds(int minute) const noexcept;
    friend bool operator==(const time_window&, const time_window&) = default;
};
void describe(record_walk& walk, time_window& value);

/// One thing that a user does not want, or wants to be asked about. `modes`, `devices`, `roles`, `tool` and
/// `window` narrow it: it applies only where all of them that are given do. A type uses one of them as its
/// subject instead:
///
/// | type | forbids |
/// |---|---|
/// | block_tool, block_action | the tool or action `tool`; `*` is any |
/// | max_risk | what has a risk above `risk` |
/// | require_confirmation | acting unasked: on `tool`, at `risk` or above; on anything where neither is given
/// | | mode_transition | going over to one of `modes`; to any where none is given | | persona_mismatch |
/// every persona but `persona` | | device_restriction | every device but `devices` | | time_window | anything
/// within `window` | | other | nothing, unless it has a severity: then all that it is narrowed to |
struct constraint {
    constraint_type type = constraint_type::other;
    std::optional<decision> severity; ///< absent: confirm for require_confirmation, deny for the others
    bool suspended = false;           ///< in JSON `active`, absent being true
    std::string tool;
    std::optional<risk_level> risk;
    std::vector<coach_mode> modes;
    std::string persona;
    std::vector<std::string> devices;
    std::vector<std::string> roles;
    std::optional<time_window> window;
    std::string reason; ///< for the user
    friend bool operator==(const constraint&, const constraint&) = default;
};
void describe(record_walk& walk, constraint& value);

/// A constraint written as a text: its type, a colon or a space, its subject: `block_tool: web_search`,
/// `max risk medium`, `time window 22:00-07:00`, `mode_transition: mars, sol`. Behind a semicolon stands the
/// reason. What is none of this becomes `other` with the whole text as its reason: nothing is lost.
constraint parse_constraint(std::string_view text);

/// For `record_walk::parts`.
inline constraint part_from_text(const constraint&, const std::string& text) {
    return parse_constraint(text);
}

/// What somebody is about to do.
struct proposed_action {
    std::string tool;
    std::string action;
    risk_level risk = risk_level::low;
    coach_mode mode = coach_mode::default_mode;
    std::optional<coach_mode> target_mode; ///< of a change of mode
    std::string persona;
    std::string device;
    std::string role;
    int minute_of_day = 0; ///< local, 0 to 1439
};

/// What the constraints say to it.
struct ruling {
    persistence::decision decision = persistence::decision::allow;
    std::string reason;            ///< the deciding constraint's, or a sentence about its type
    std::optional<std::size_t> by; ///< index of the deciding constraint: the first among the strictest
};

/// The strictest of all that apply wins. Pure; the order of the constraints decides only which of equally
/// strict ones is named.
ruling evaluate(std::span<const constraint> constraints, const proposed_action& proposed);

} // namespace rejoinder::persistence
