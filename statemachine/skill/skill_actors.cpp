#include "statemachine/skill/skill_actors.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/execution.hpp"
#include "statemachine/letters.hpp"
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
    if (what.type != "turn.text" || text == what.data.end() || !text->is_string()) return false;
    auto words = plain_words(text->get_ref<const std::string&>());
    return std::ranges::any_of(code.cancel_words, [&](const std::string& phrase) {
        return words.find(plain_words(phrase)) != std::string::npos;
    });
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

/// What the code gets for the event; nothing when it does not wait for it.
std::optional<json> result_of(const event& what, const awaited& wanted, const running_skill& own) {
    switch (wanted.what) {
    case awaited::kind::answer:
        if (is_answer(what.type)) return with_type(what);
        break;
    case awaited::kind::event:
        if (std::ranges::find(wanted.names, what.type) != wanted.names.end()) return with_type(what);
        break;
    case awaited::kind::tool:
        if (what.type == "tool." + wanted.names.front() + ".done") return done_work(what, "data");
        if (what.type == "tool." + wanted.names.front() + ".failed") return failed_work(what.data);
        break;
    case awaited::kind::call:
        if (what.type == actor_done_event(own.work_id())) return done_work(what, "output");
        if (what.type == actor_failed_event(own.work_id()))
            return failed_work(what.data.value("error", json()));
        break;
    case awaited::kind::time:
        break;
    }
    if (what.type == own.timer_id()) return json{{"type", "time"}};
    return std::nullopt;
}

event failed_event(const std::string& actor, std::string code, std::string message) {
    return {actor_failed_event(actor),
            {{"error", {{"code", std::move(code)}, {"message", std::move(message)}}}}};
}

bool waits_for_a_call(const running_skill& one) {
    const auto& steps = one.steps.steps();
    return !steps.empty() && !steps.back().result && steps.back().what.starts_with("call ");
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
        return step.fail("machine.too_many_skills", "More than 16 skills would run in the session.");
    const auto* newest = machine_.find_skill(name);
    running_skill made;
    made.actor = actor;
    made.name = name;
    made.version = newest ? newest->version : 1;
    made.input = std::move(input);
    running_.push_back(std::move(made));
    begun_.push_back(actor);
}

void skill_actors::stop(std::string_view actor, execution& step) {
    const auto* one = find(actor);
    if (!one) return;
    step.stop_timers(one->timer_prefix());
    if (waits_for_a_call(*one)) step.drop_call(one->work_id());
    std::erase_if(running_, [&](const running_skill& other) { return other.actor == actor; });
    std::erase(begun_, actor);
    std::erase_if(told_, [&](const auto& what) { return what.first == actor; });
}

bool skill_actors::tell(std::string_view actor, const event& what) {
    if (!find(actor)) return false;
    told_.emplace_back(actor, what);
    return true;
}

bool skill_actors::offer(const event& what, execution& step) {
    std::vector<std::string> youngest_first;
    for (const auto& one : running_ | std::views::reverse)
        youngest_first.push_back(one.actor);
    for (const auto& actor : youngest_first) {
        auto* one = find(actor);
        if (one && deliver(*one, what, step)) return true;
        if (step.error()) return false;
    }
    return false;
}

std::optional<event> skill_actors::go_on(execution& step) {
    while (!step.error() && ended_.empty()) {
        if (!begun_.empty()) {
            auto actor = std::move(begun_.front());
            begun_.pop_front();
            if (auto* one = find(actor)) handle(actor, start(*one, step), step);
        } else if (!told_.empty()) {
            auto [actor, what] = std::move(told_.front());
            told_.pop_front();
            auto* one = find(actor);
            if (one && !deliver(*one, what, step))
                step.log("the skill '" + one->name + "' does not wait for '" + what.type + "'");
        } else {
            break;
        }
    }
    if (ended_.empty()) return std::nullopt;
    auto next = std::move(ended_.front());
    ended_.pop_front();
    return next;
}

bool skill_actors::deliver(running_skill& to, const event& what, execution& step) {
    auto actor = to.actor;
    if (!revive(to, step)) return false;
    auto result = result_of(what, *to.frame->waits_for(), to);
    if (!result) return false;
    if (to.frame->waits_for()->what == awaited::kind::answer && is_cancelling(to.frame->code(), what))
        result = json{{"type", "cancelled"}};
    step.stop_timer(to.timer_id());
    step.change();
    handle(actor, to.frame->go_on(std::move(*result), to, step), step);
    return true;
}

/// Brings the code to where the journal ends. False when it can't be, or has ended on the way.
bool skill_actors::revive(running_skill& one, execution& step) {
    if (one.frame && one.frame->stands_at(one.steps)) return true;
    auto actor = one.actor;
    auto made = start(one, step);
    bool waits = made.how == skill_frame::outcome::end::waiting;
    if (!waits) {
        handle(actor, std::move(made), step);
        return false;
    }
    // Its timer has fired while the code could not go on: its time is over all the same.
    const auto& wanted = *one.frame->waits_for();
    bool has_timer = wanted.patience.count() > 0 && wanted.what != awaited::kind::tool;
    if (!has_timer || step.has_timer(one.timer_id())) return true;
    handle(actor, one.frame->go_on({{"type", "time"}}, one, step), step);
    auto* still = find(actor);
    return still && still->frame && still->frame->stands_at(still->steps);
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
    one.frame.reset();
    ++one.run;
    if (newest) one.version = newest->version;
    begun_.push_front(one.actor);
}

/// What the code has come to.
void skill_actors::handle(std::string_view actor, skill_frame::outcome made, execution& step) {
    using end_of = skill_frame::outcome::end;
    auto* one = find(actor);
    if (!one || made.how == end_of::waiting) return;
    step.change();
    std::string id(actor);
    if (made.how == end_of::anew || made.how == end_of::diverged) {
        if (++restarts_ > max_restarts)
            return step.fail("skill.too_many_steps", "Skills begin anew more than 100 times in a step.");
        step.stop_timers(one->timer_prefix());
    }
    switch (made.how) {
    case end_of::waiting:
        return;
    case end_of::anew:
        return begin_anew(*one, step.charged(made.value));
    case end_of::done:
        return end(actor, {actor_done_event(id), {{"output", step.charged(made.value)}}});
    case end_of::failed:
        return end(actor, failed_event(id, std::move(made.code), std::move(made.message)));
    case end_of::diverged:
        break;
    }
    const auto* code = code_of(*one);
    auto message = "The skill '" + one->name + "' does not do again what it did: instead of '" +
                   made.expected + "' comes '" + made.found + "'.";
    if (!code || code->when_it_diverges != on_divergence::restart)
        return end(actor, failed_event(id, "skill.diverged", std::move(message)));
    if (waits_for_a_call(*one)) step.drop_call(one->work_id());
    step.log(std::move(message));
    step.raise(
        {"skill.restarted", {{"skill", one->name}, {"expected", made.expected}, {"found", made.found}}});
    begin_anew(*one, one->input);
}

void skill_actors::end(std::string_view actor, event how) {
    std::erase_if(running_, [&](const running_skill& one) { return one.actor == actor; });
    ended_.push_back(std::move(how));
}

} // namespace rejoinder::statemachine
