#pragma once

#include "statemachine/interpreter.hpp"
#include "statemachine/skill/running_skill.hpp"
#include "statemachine/skill/skill_frame.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {

struct compiled_machine;
class execution;

/// The skills of a machine during one step: begins, tells, ends and brings back those that its states invoke.
/// What they do goes into the step that runs them.
class skill_actors {
public:
    /// `runs` counts all begins of skills in the session.
    skill_actors(const compiled_machine& machine, std::vector<running_skill> from, std::uint64_t runs)
        : machine_(machine), running_(std::move(from)), runs_(runs) {}

    /// A state invokes it. It runs once the machine has come to rest (`go_on`).
    void begin(const std::string& actor, std::string_view name, json input, execution& step);
    /// Its state is left: it is unwound where it waits, and what it waits for is not wanted any more.
    void stop(std::string_view actor, execution& step);
    /// The machine sends it an event, which it hears in `go_on`. False: there is no such skill.
    bool tell(std::string_view actor, const event& what);

    /// Whether the event is the end of what a skill waits for, or has waited for: no machine's business.
    bool is_private(const event& what) const;

    /// The one that waits for this event hears it, the youngest first. False: none does. Skills whose work
    /// has come to nothing are told so before.
    bool offer(const event& what, execution& step);

    /// Runs the next that has begun or was told something. False: all of them wait.
    bool go_on(execution& step);
    /// How a skill ended; nothing when none has. What it raised before comes first.
    std::optional<event> next_end();

    std::uint64_t runs() const noexcept { return runs_; }
    std::vector<running_skill> take() && { return std::move(running_); }

private:
    running_skill* find(std::string_view actor) noexcept;
    const skill* code_of(const running_skill& one) const noexcept;
    bool deliver(std::string actor, const event& what, execution& step);
    bool revive(const std::string& actor, execution& step);
    void tell_of_losses(execution& step);
    static void release(const running_skill& one, execution& step);
    void handle(const std::string& actor, skill_frame::outcome made, execution& step);
    skill_frame::outcome start(running_skill& one, execution& step);
    void begin_anew(running_skill& one, json input);
    void end(const std::string& actor, event how, execution& step);

    const compiled_machine& machine_;
    std::vector<running_skill> running_; // in the order in which they were begun
    std::vector<std::string> begun_;     // actors that have not run yet
    std::vector<std::pair<std::string, event>> told_;
    std::vector<std::pair<std::string, event>> ended_;
    std::uint64_t runs_;
    int restarts_ = 0; // in this step
};

} // namespace rejoinder::statemachine
