#include "statemachine/skill/skill_actors.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/execution.hpp"
#include "statemachine/spoken.hpp"
#include "statemachine/tables.hpp"

#include <algorithm>
#include <ranges>

namespace rejoinder::statemachine {
namespace {

constexpr int max_restarts = 100; // of skills that begin anew, in one step

bool is_answer(std::string_view type) {
    return type == "turn.text" || type.starts_with("intent.");
}

bool is_cancelling(const skill& code, const event& what) {
    if (what.type == "intent.cancel") return true;
    auto text = what.data.find("text");
    if (text == what.data.end() || !text->is_string()) return false;
    return says_any_of(text->get_ref<const std::string&>(), code.cancel_words);
}

json with_type(const event& what) {
    auto result = what.data.is_object() ? what.data : json::object();
    result["type"] = what.type;
    return result;
}

json failed_work(const json& error) {
    json result{{"ok", false}};
    for (const char* member : {"code", "message"})
        if (error.is_object() && error.contains(member)) result[member] = error[member];
    return result;
}

json done_work(const event& what, const char* member) {
    return {{"ok", true}, {"data", what.data.value(member, json())}};
}

/// Whose work a tool's end is; empty: the machine's own.
std::string owner_of(const event& what) {
    if (!what.type.starts_with("tool.") || !what.data.is_object()) return {};
    return what.data.value("skill", std::string());
}

/// The end of what it waits for outside, or of its patience.
bool is_own(const event& what, const running_skill& own) {
    auto work = own.work_id();
    return owner_of(what) == work || what.type == own.timer_id() || what.type == actor_done_event(work) ||
           what.type == actor_failed_event(work);
}

const json time_is_over = json::object();

/// What the code gets for the event; nothing when it does not wait for it.
std::optional<json> result_of(const event& what, const awaited& wanted, const running_skill& own) {
    using wait = running_skill::wait;
    if (what.type == own.timer_id()) return time_is_over;
    switch (wanted.what) {
    case wait::answer:
        if (is_answer(what.type)) return with_type(what);
        break;
    case wait::event:
        if (std::ranges::find(wanted.names, what.type) != wanted.names.end()) return with_type(what);
        break;
    case wait::tool:
        return what.type.ends_with(".done") ? done_work(what, "data") : failed_work(what.data);
    case wait::call:
        return is_actor_failure(what.type) ? failed_work(what.data.value("error", json()))
                                           : done_work(what, "output");
    case wait::time:
        break;
    }
    return std::nullopt;
}

/// As far as the journal tells, without its code.
bool may_wait_for(const running_skill& one, const event& what) {
    auto waits = one.waits_for();
    return is_own(what, one) || (waits == running_skill::wait::answer && is_answer(what.type)) ||
           waits == running_skill::wait::event;
}

json result_of_loss(const running_skill& one) {
    auto waits = one.waits_for();
    if (waits != running_skill::wait::tool && waits != running_skill::wait::call) return time_is_over;
    return {{"ok", false}, {"code", "lost"}, {"message", "What it came to could not be taken."}};
}

event failed_event(const std::string& actor, std::string code, std::string message) {
    return {actor_failed_event(actor),
            {{"error", {{"code", std::move(code)}, {"message", std::move(message)}}}}};
}

} // namespace

running_skill* skill_actors::find(std::string_view actor) noexcept {
    auto found = std::ranges::find(running_, actor, &running_skill::actor);
    return found == running_.end() ? nullptr : &*found;
}

/// The newest code, or where runs stay with theirs the one of their version; null when it is not installed.
const skill* skill_actors::code_of(const running_skill& one) const noexcept {
    const auto* newest = machine_.find_skill(one.name);
    if (!newest || newest->when_it_diverges != on_divergence::pin) return newest;
    return machine_.find_skill(one.name, one.version);
}

void skill_actors::begin(const std::string& actor, std::string_view name, json input, execution& step) {
    stop(actor, step);
    if (running_.size() == max_skills)
        return step.fail("machine.too_many_skills", "More than 8 skills would run in the session.");
    if (to_text(input).size() > max_skill_input)
        return step.fail("machine.bad_value", "A skill is given more than 16 KiB.");
    const auto* newest = machine_.find_skill(name);
    running_skill made;
    made.actor = actor;
    made.name = name;
    made.version = newest ? newest->version : 1;
    made.run = ++runs_;
    made.input = std::move(input);
    running_.push_back(std::move(made));
    begun_.push_back(actor);
}

void skill_actors::stop(std::string_view actor, execution& step) {
    std::erase_if(ended_, [&](const auto& one) { return one.first == actor; });
    std::erase_if(told_, [&](const auto& one) { return one.first == actor; });
    std::erase(begun_, actor);
    const auto* one = find(actor);
    if (!one) return;
    release(*one, step);
    std::erase_if(running_, [&](const running_skill& other) { return other.actor == actor; });
}

/// What it waits for is not wanted any more.
void skill_actors::release(const running_skill& one, execution& step) {
    const auto& steps = one.steps.steps();
    if (steps.empty() || steps.back().result) return;
    step.stop_timer(one.timer_id());
    if (one.waits_for() == running_skill::wait::call) step.drop_call(one.work_id());
}

bool skill_actors::tell(std::string_view actor, const event& what) {
    if (!find(actor)) return false;
    told_.emplace_back(actor, what);
    return true;
}

bool skill_actors::is_private(const event& what) const {
    return what.type.starts_with("skill.time.") || !owner_of(what).empty() ||
           std::ranges::any_of(running_, [&](const running_skill& one) { return is_own(what, one); });
}

bool skill_actors::offer(const event& what, execution& step) {
    tell_of_losses(step);
    std::vector<std::string> youngest_first;
    for (const auto& one : running_ | std::views::reverse)
        if (may_wait_for(one, what)) youngest_first.push_back(one.actor);
    return std::ranges::any_of(youngest_first, [&](const std::string& actor) {
        return !step.error() && deliver(actor, what, step);
    });
}

void skill_actors::tell_of_losses(execution& step) {
    std::vector<std::string> losers;
    for (const auto& one : running_)
        if (one.lost) losers.push_back(one.actor);
    for (const auto& actor : losers) {
        if (step.error() || !revive(actor, step)) continue;
        auto& one = *find(actor);
        one.lost = false;
        step.change();
        handle(actor, one.frame->go_on(result_of_loss(one), one, step), step);
    }
}

bool skill_actors::go_on(execution& step) {
    if (!begun_.empty()) {
        auto actor = std::move(begun_.front());
        begun_.erase(begun_.begin());
        if (auto* one = find(actor)) handle(actor, start(*one, step), step);
        return true;
    }
    if (told_.empty()) return false;
    auto [actor, what] = std::move(told_.front());
    told_.erase(told_.begin());
    if (!deliver(actor, what, step) && find(actor))
        step.log("the skill of '" + actor + "' does not wait for '" + what.type + "'");
    return true;
}

std::optional<event> skill_actors::next_end() {
    if (ended_.empty()) return std::nullopt;
    auto next = std::move(ended_.front().second);
    ended_.erase(ended_.begin());
    return next;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): what a reference would name may go in between
bool skill_actors::deliver(std::string actor, const event& what, execution& step) {
    auto* to = find(actor);
    if (!to || !may_wait_for(*to, what) || !revive(actor, step)) return false;
    to = find(actor);
    auto result = result_of(what, *to->frame->waits_for(), *to);
    if (!result) return false;
    if (to->waits_for() == running_skill::wait::answer && is_cancelling(to->frame->code(), what))
        result = json{{"type", "cancelled"}};
    step.stop_timer(to->timer_id());
    step.change();
    handle(actor, to->frame->go_on(std::move(*result), *to, step), step);
    return true;
}

/// Brings the code to where the journal ends. False when it can't be, or has ended on the way.
bool skill_actors::revive(const std::string& actor, execution& step) {
    auto& one = *find(actor);
    if (one.frame && one.frame->stands_at(one.steps)) return true;
    auto made = start(one, step);
    if (made.how == skill_frame::outcome::end::waiting) return true;
    handle(actor, std::move(made), step);
    return false;
}

skill_frame::outcome skill_actors::start(running_skill& one, execution& step) {
    const auto* code = code_of(one);
    if (!code) {
        skill_frame::outcome missing;
        missing.how = skill_frame::outcome::end::failed;
        missing.code = "skill.version";
        missing.message = "Version " + std::to_string(one.version) + " of the skill is not installed.";
        return missing;
    }
    one.frame = std::make_shared<skill_frame>(*code, one);
    return one.frame->begin(one, step);
}

void skill_actors::begin_anew(running_skill& one, json input) {
    const auto* newest = machine_.find_skill(one.name);
    one.input = std::move(input);
    one.steps = {};
    one.lost = false;
    one.frame.reset();
    one.run = ++runs_;
    if (newest) one.version = newest->version;
    begun_.insert(begun_.begin(), one.actor);
}

/// What the code has come to.
void skill_actors::handle(const std::string& actor, skill_frame::outcome made, execution& step) {
    using end_of = skill_frame::outcome::end;
    auto* one = find(actor);
    if (!one || made.how == end_of::waiting) return;
    step.change();
    bool restarts = made.how == end_of::anew;
    if (made.how == end_of::diverged) {
        const auto* code = code_of(*one);
        restarts = code && code->when_it_diverges == on_divergence::restart;
        made.code = "skill.diverged";
        made.message = "The skill '" + one->name + "' does not do again what it did: instead of '" +
                       made.expected + "' comes '" + made.found + "'.";
    }
    if (restarts && (++restarts_ > max_restarts || to_text(made.value).size() > max_skill_input)) {
        restarts = false;
        made.code = restarts_ > max_restarts ? "skill.too_many_steps" : "skill.journal_full";
        made.message = "The skill begins anew too often in a step, or with too much.";
    }
    if (!restarts && made.how == end_of::done)
        return end(actor, {actor_done_event(actor), {{"output", step.charged(made.value)}}}, step);
    if (!restarts)
        return end(actor, failed_event(actor, std::move(made.code), std::move(made.message)), step);
    release(*one, step);
    if (made.how == end_of::anew) return begin_anew(*one, step.charged(made.value));
    step.log(std::move(made.message));
    step.raise(
        {"skill.restarted", {{"skill", one->name}, {"expected", made.expected}, {"found", made.found}}});
    begin_anew(*one, one->input);
}

void skill_actors::end(const std::string& actor, event how, execution& step) {
    if (const auto* one = find(actor)) release(*one, step);
    std::erase_if(running_, [&](const running_skill& one) { return one.actor == actor; });
    ended_.emplace_back(actor, std::move(how));
}

} // namespace rejoinder::statemachine
