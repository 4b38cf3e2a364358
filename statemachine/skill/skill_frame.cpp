#include "statemachine/skill/skill_frame.hpp"

#include "persistence/json.hpp"
#include "statemachine/execution.hpp"

#include <exception>
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

} // namespace

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
    if (!task_.done()) return {};
    if (is_replaying()) {
        outcome made;
        made.how = outcome::end::diverged;
        made.expected = own_->steps.steps()[position_].what;
        made.found = "its end";
        return made;
    }
    try {
        outcome made;
        made.how = outcome::end::done;
        made.value = task_.result();
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

void skill_frame::stop_for(outcome why) {
    stopped_ = std::move(why);
    throw stop();
}

void skill_frame::leave_for(json input) {
    outcome made;
    made.how = outcome::end::anew;
    made.value = std::move(input);
    stop_for(std::move(made));
}

/// The next step of the journal is this one, or the code has diverged.
void skill_frame::expect(const std::string& found) {
    const auto& known = own_->steps.steps()[position_];
    if (known.what == found) return;
    outcome made;
    made.how = outcome::end::diverged;
    made.expected = known.what;
    made.found = found;
    stop_for(std::move(made));
}

void skill_frame::add(std::string what, std::optional<std::string> result) {
    if (++steps_at_once_ > max_steps_at_once)
        stop_for(failure("skill.too_many_steps", "The skill does not come to rest within 1000 steps."));
    if (!own_->steps.add(std::move(what), std::move(result)))
        stop_for(failure("skill.journal_full", "The skill has done more than its journal takes."));
    ++position_;
}

bool skill_frame::note(std::string_view kind, std::string_view details) {
    if (!is_running()) return false;
    if (stopped_ && std::uncaught_exceptions() > 0) return false; // a destructor on the way out
    if (stopped_) throw stop();
    auto what = name_step(kind, details);
    if (!is_replaying()) {
        add(std::move(what));
        return true;
    }
    expect(what);
    ++position_;
    return false;
}

json skill_frame::record(std::string_view kind, std::string_view details,
                         const std::function<json()>& obtain) {
    if (!is_running() || (stopped_ && std::uncaught_exceptions() > 0)) return nullptr;
    if (stopped_) throw stop();
    auto what = name_step(kind, details);
    if (!is_replaying()) {
        auto value = obtain();
        add(std::move(what), to_text(value));
        return value;
    }
    expect(what);
    const auto& known = own_->steps.steps()[position_++];
    return known.result ? parse_json(*known.result, stored_limits).value : json();
}

bool skill_frame::wait(std::string_view kind, std::string_view details, awaited what) {
    if (stopped_) throw stop();
    auto name = name_step(kind, details);
    if (!is_replaying()) {
        add(std::move(name));
        open(what);
        waits_ = std::move(what);
        return false;
    }
    expect(name);
    const auto& known = own_->steps.steps()[position_++];
    if (known.result) {
        result_ = parse_json(*known.result, stored_limits).value;
        return true;
    }
    waits_ = std::move(what);
    return false;
}

/// Does outside what the code waits for from here on.
void skill_frame::open(const awaited& what) {
    switch (what.what) {
    case awaited::kind::answer:
        step_->show("ask", step_->charged(what.data));
        break;
    case awaited::kind::tool:
        step_->open_tool(what.names.front(), step_->charged(what.data), what.patience);
        return; // the device's time is kept by whoever hands the work out
    case awaited::kind::call:
        step_->open_call(own_->work_id(), what.names.front(), step_->charged(what.data));
        return;
    case awaited::kind::event:
    case awaited::kind::time:
        break;
    }
    if (what.patience.count() > 0) {
        auto id = own_->timer_id();
        step_->start_timer(id, {id, json::object()}, what.patience, timer_policy::deadline);
    }
}

} // namespace rejoinder::statemachine
