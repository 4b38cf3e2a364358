#pragma once

#include "persistence/time.hpp"
#include "statemachine/interpreter.hpp"
#include "statemachine/skill/running_skill.hpp"
#include "statemachine/skill/skill.hpp"
#include "statemachine/skill/skill_context.hpp"

#include <coroutine>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

class execution;

/// The value as it will be read again. Throws std::logic_error when it can't be stored.
json checked(json value);

/// What a skill waits for.
struct awaited {
    running_skill::wait what = running_skill::wait::time;
    std::vector<std::string> names; ///< of the events or the tool; of a call, who does it
    milliseconds patience{0};       ///< 0: no end
    json data;                      ///< what is shown, or asked for
};

/// The code of one run of a skill and where it stands: ephemeral, made anew from the journal whenever it is
/// missing. Every step that the code makes goes through here: one that the journal has is compared and gets
/// the result that it got, one that it has not is added and done.
///
/// `begin` and `go_on` run the code until it waits or ends, on the caller's stack; nothing else runs it. When
/// either has returned something else than `waiting` the frame is of no use any more.
class skill_frame {
public:
    struct outcome {
        enum class end {
            waiting,
            done,     ///< `value` is what the skill returned
            anew,     ///< it continues as a new one, `value` is its input
            diverged, ///< from `expected`, which its journal has, to `found`
            failed    ///< with `code` and `message`
        } how = end::waiting;
        json value;
        std::string code;
        std::string message;
        std::string expected;
        std::string found;
    };

    explicit skill_frame(const skill& code, const running_skill& of);
    skill_frame(const skill_frame&) = delete;
    skill_frame& operator=(const skill_frame&) = delete;
    ~skill_frame();

    /// From the beginning: through what the journal has, and further.
    outcome begin(running_skill& own, execution& step);
    /// With what it waits for.
    outcome go_on(json result, running_skill& own, execution& step);

    /// Whether the code stands where the journal ends.
    bool stands_at(const journal& steps) const noexcept {
        return waits_ && position_ == steps.steps().size();
    }
    const awaited* waits_for() const noexcept { return waits_ ? &*waits_ : nullptr; }

    // For `skill_context`: what the code does.
    /// Notes a step. Whether it is to be done now; otherwise it was done before, or nothing is done any more.
    bool note(std::string_view kind, std::string_view details);
    json record(std::string_view kind, std::string_view details, const std::function<json()>& obtain);
    /// Whether what it waits for is there already; else the code suspends. Code that must not go on suspends
    /// for good.
    bool wait(std::string_view kind, std::string_view details, awaited what);
    void suspended(std::coroutine_handle<> where) noexcept { innermost_ = where; }
    json take_result() { return std::move(result_); }
    [[noreturn]] void leave_for(json input);
    execution& step() const noexcept { return *step_; }
    const skill& code() const noexcept { return code_; }
    const journal* steps() const noexcept { return own_ ? &own_->steps : nullptr; }

private:
    static constexpr int max_steps_at_once = 1000;

    outcome run(running_skill& own, execution& step, const std::function<void()>& resume);
    outcome look_at_end();
    bool may_step();
    bool is_replaying() const noexcept;
    bool expect(const std::string& found);
    bool add(std::string what, std::optional<std::string> result = std::nullopt);
    bool stop_for(outcome why);
    void open(const awaited& what);

    skill code_;
    execution* step_ = nullptr; // while the code runs
    running_skill* own_ = nullptr;
    std::size_t position_ = 0; // in the journal
    int steps_at_once_ = 0;
    std::optional<awaited> waits_;
    json result_;
    std::optional<outcome> stopped_; // the code must not go on, whatever it catches
    std::coroutine_handle<> innermost_;
    skill_context context_;
    skill_task task_; // last: it is unwound first
};

} // namespace rejoinder::statemachine
