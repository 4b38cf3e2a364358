#include "statemachine/skill/skill_frame.hpp"

#include "persistence/json.hpp"
#include "statemachine/execution.hpp"

#include <exception>
#include <stdexcept>
#include <utility>

namespace rejoinder::statemachine {
namespace {

/// Takes the code out of what it is doing when it cannot go on. No std::exception: a skill that handles
/// errors shall not handle this.
struct stop {};

skill_frame::outcome failure(std::string code, std::string message) {
    skill_frame::outcome made;
    made.how = skill_frame::outcome::end::failed;
    made.code = std::move(code);
    made.message = std::move(message);
    return made;
}

skill_frame::outcome divergence(std::string expected, std::string found) {
    skill_frame::outcome made;
    made.how = skill_frame::outcome::end::diverged;
    made.expected = std::move(expected);
    made.found = std::move(found);
    return made;
}

} // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): whoever gives a value has done with it
json checked(json value) {
    auto parsed = parse_json(to_text(value), document_limits);
    if (!parsed.error) return std::move(parsed.value);
    throw std::logic_error("a value can't be stored: " + parsed.error->message);
}

skill_frame::skill_frame(const skill& code, const running_skill& of)
    : code_(code), context_(*this, of.input, of.version), task_(code_.run(context_)) {}

skill_frame::~skill_frame() = default;

skill_frame::outcome skill_frame::begin(running_skill& own, execution& step) {
    return run(own, step, [this] { task_.start(); });
}

skill_frame::outcome skill_frame::go_on(json result, running_skill& own, execution& step) {
    auto text = to_text(result);
    if (!own.steps.complete_last(std::move(text)))
        return failure("skill.journal_full", "The skill's journal has no room for what it was told.");
    result_ = std::move(result);
    waits_.reset();
    return run(own, step, [this] { innermost_.resume(); });
}

skill_frame::outcome skill_frame::run(running_skill& own, execution& step,
                                      const std::function<void()>& resume) {
    own_ = &own;
    step_ = &step;
    steps_at_once_ = 0;
    resume();
    auto ended = look_at_end();
    step_ = nullptr;
    own_ = nullptr;
    return ended;
}

skill_frame::outcome skill_frame::look_at_end() {
    if (stopped_) return *stopped_;
    if (!task_.done() && waits_) return {};
    if (!task_.done()) {
        step_->log("the skill '" + code_.name + "' awaits something else than what its context gives");
        return failure("skill.failed", "The skill has failed.");
    }
    if (is_replaying()) return divergence(own_->steps.steps()[position_].what, "its end");
    try {
        outcome made;
        made.how = outcome::end::done;
        made.value = checked(task_.result());
        return made;
    } catch (const skill_cancelled&) {
        return failure("cancelled", "The user has cancelled it.");
    } catch (const skill_error& error) {
        return failure(error.code(), error.what());
    } catch (const std::exception& error) {
        step_->log("the skill '" + code_.name + "' has failed: " + error.what());
    } catch (...) {
        step_->log("the skill '" + code_.name + "' has failed");
    }
    return failure("skill.failed", "The skill has failed.");
}

bool skill_frame::is_replaying() const noexcept {
    return position_ < own_->steps.steps().size();
}

/// The first reason stays. False, as nothing is done any more.
bool skill_frame::stop_for(outcome why) {
    if (!stopped_) stopped_ = std::move(why);
    return false;
}

void skill_frame::leave_for(json input) {
    outcome made;
    made.how = outcome::end::anew;
    made.value = checked(std::move(input));
    stop_for(std::move(made));
    throw stop();
}

/// Whether the next step of the journal is this one; otherwise the code has diverged.
bool skill_frame::expect(const std::string& found) {
    const auto& known = own_->steps.steps()[position_].what;
    return known == found || stop_for(divergence(known, found));
}

bool skill_frame::add(std::string what, std::optional<std::string> result) {
    if (++steps_at_once_ > max_steps_at_once)
        return stop_for(
            failure("skill.too_many_steps", "The skill does not come to rest within 1000 steps."));
    if (!own_->steps.add(std::move(what), std::move(result)))
        return stop_for(failure("skill.journal_full", "The skill has done more than its journal takes."));
    ++position_;
    return true;
}

/// While the code runs. A step behind a wait that was not awaited is a mistake of the code.
bool skill_frame::may_step() {
    if (!step_) return false;
    if (waits_) {
        if (!stopped_) step_->log("the skill '" + code_.name + "' does not await what it waits for");
        stop_for(failure("skill.failed", "The skill has failed."));
    }
    return true;
}

/// Code that must not go on is not thrown out of a step without a result, which may be a destructor's, unless
/// it never comes to a wait.
bool skill_frame::note(std::string_view kind, std::string_view details) {
    if (!may_step()) return false;
    if (stopped_) {
        if (++steps_at_once_ > 2 * max_steps_at_once && std::uncaught_exceptions() == 0) throw stop();
        return false;
    }
    auto what = name_step(kind, details);
    if (!is_replaying()) return add(std::move(what));
    if (expect(what)) ++position_;
    return false;
}

json skill_frame::record(std::string_view kind, std::string_view details,
                         const std::function<json()>& obtain) {
    if (!may_step()) return nullptr;
    auto what = name_step(kind, details);
    if (!stopped_ && !is_replaying()) {
        auto value = checked(obtain());
        if (add(std::move(what), to_text(value))) return value;
    } else if (!stopped_ && expect(what)) {
        const auto& known = own_->steps.steps()[position_];
        if (known.result) {
            ++position_;
            return parse_json(*known.result, stored_limits).value;
        }
        stop_for(divergence(known.what, "the same with a result"));
    }
    if (std::uncaught_exceptions() > 0) return nullptr; // a destructor on the way out
    throw stop();
}

bool skill_frame::wait(std::string_view kind, std::string_view details, awaited what) {
    if (!may_step() || stopped_) return false;
    auto name = name_step(kind, details);
    if (!is_replaying()) {
        if (!add(std::move(name))) return false;
        open(what);
        waits_ = std::move(what);
        return false;
    }
    if (!expect(name)) return false;
    const auto& known = own_->steps.steps()[position_++];
    if (known.result) {
        result_ = parse_json(*known.result, stored_limits).value;
        return true;
    }
    if (is_replaying()) return stop_for(divergence(own_->steps.steps()[position_].what, "nothing"));
    waits_ = std::move(what);
    return false;
}

/// Does outside what the code waits for from here on.
void skill_frame::open(const awaited& what) {
    using wait_for = running_skill::wait;
    switch (what.what) {
    case wait_for::answer:
        step_->show("ask", step_->charged(what.data));
        break;
    case wait_for::tool:
        step_->open_tool(what.names.front(), step_->charged(what.data), what.patience, own_->work_id());
        return; // the device's time is kept by whoever hands the work out
    case wait_for::call:
        step_->open_call(own_->work_id(), what.names.front(), step_->charged(what.data));
        return;
    case wait_for::event:
    case wait_for::time:
        break;
    }
    if (what.patience.count() > 0) {
        auto id = own_->timer_id();
        step_->start_timer(id, {id, json::object()}, what.patience, timer_policy::deadline);
    }
}

} // namespace rejoinder::statemachine
