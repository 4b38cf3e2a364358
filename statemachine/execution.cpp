#include "statemachine/execution.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

const json nothing = nullptr;
constexpr std::string_view intent_prefix = "intent.";

/// Roughly the bytes of a value, or nothing when it is nested too deeply to be handled by recursion.
std::optional<std::size_t> weigh(const json& value, int depth) {
    constexpr std::size_t per_value = 8;
    if (value.is_string()) return per_value + value.get_ref<const std::string&>().size();
    if (!value.is_structured()) return per_value;
    if (depth == 0) return std::nullopt;
    auto bytes = per_value;
    for (auto it = value.begin(); it != value.end(); ++it) {
        auto part = weigh(*it, depth - 1);
        if (!part) return std::nullopt;
        bytes += *part + (value.is_object() ? it.key().size() : 0);
    }
    return bytes;
}

bool is_kept(const effect& one, std::string_view whose) {
    return one.what == effect::kind::keep && one.name == whose;
}

} // namespace

execution::execution(const compiled_machine& machine, snapshot&& from, const step_inputs& inputs)
    : active(std::move(from.states)),
      machine_(machine),
      inputs_(inputs),
      context_(std::move(from.context)),
      timers_(std::move(from.timers)),
      skills_(machine, std::move(from.skills), from.skill_runs),
      now_(to_unix(inputs.now)),
      random_(inputs.seed) {}

const json& execution::read(const reference& where) const {
    switch (where.from) {
    case reference::root::event: {
        bool asks_for_type = where.below.empty() || where.below.starts_with("/type");
        const auto* found = find_pointer(asks_for_type ? whole_event() : event_, where.below);
        return found ? *found : nothing;
    }
    case reference::root::context:
        if (where.below.empty()) return whole_context_ = context_.to_json();
        return context_.at(where.below);
    case reference::root::now:
        return now_;
    case reference::root::user:
        return read_user(where.below);
    case reference::root::person:
    case reference::root::device:
    case reference::root::session:
        break;
    }
    const auto* found = find_pointer(inputs_.outside, where.pointer());
    return found ? *found : nothing;
}

/// What an event is, whatever its data say.
const json& execution::whole_event() const {
    if (!std::exchange(knows_type_, true)) event_["type"] = event_type_;
    return event_;
}

const json& execution::read_user(const std::string& below) const {
    const auto* user = user_ ? &*user_ : find_pointer(inputs_.outside, "/user");
    const auto* found = user ? find_pointer(*user, below) : nullptr;
    return found ? *found : nothing;
}

std::string_view execution::intent() const {
    if (!intent_) {
        intent_.emplace();
        if (event_type_.starts_with(intent_prefix)) {
            *intent_ = event_type_.substr(intent_prefix.size());
        } else if (event_type_ == "turn.text") {
            const auto& text = read({reference::root::event, "/text"});
            if (text.is_string()) *intent_ = machine_.match_intent(text.get_ref<const std::string&>());
        }
    }
    return *intent_;
}

void execution::charge(std::size_t bytes) const {
    data_ += bytes;
    if (data_ > max_data) fail("machine.too_much_data", "The step handles more than 1 MiB of data.");
}

json execution::charged(const json& value) const {
    auto bytes = weigh(value, max_depth);
    if (!bytes) {
        fail("machine.bad_value", "A value is nested more than 64 levels deep.");
        return nullptr;
    }
    charge(*bytes);
    return error_ ? json() : value;
}

void execution::fail(std::string code, std::string message) const {
    if (!error_) error_ = step_error{std::move(code), std::move(message), place_ ? *place_ : std::string()};
}

void execution::write(const std::string& context_pointer, json&& value) {
    if (error_) return;
    change();
    if (!context_.set(context_pointer, std::move(value))) {
        fail("machine.bad_value", "The context has no place for a value at '" + context_pointer + "'.");
        return;
    }
    if (context_.is_too_large())
        fail("machine.context_too_large", "The session's context would exceed 256 KiB.");
}

void execution::erase(const std::string& context_pointer) {
    if (error_) return;
    change();
    context_.erase(context_pointer);
}

void execution::open_tool(std::string name, json args, milliseconds timeout, std::string skill) {
    json wanted{{"args", std::move(args)}, {"timeout", timeout.count()}};
    if (!skill.empty()) wanted["skill"] = std::move(skill);
    want({effect::kind::tool, std::move(name), std::move(wanted)});
}

void execution::show(std::string kind, json data) {
    want({effect::kind::show, std::move(kind), std::move(data)});
}

void execution::remember(const std::string& key, json value) {
    changed_user()[key] = value;
    want({effect::kind::remember, key, std::move(value)});
}

void execution::forget(const std::string& key) {
    changed_user().erase(key);
    want({effect::kind::forget, key, nullptr});
}

void execution::keep(std::string whose, json changes) {
    auto before = std::ranges::find_if(effects_, [&](const effect& one) { return is_kept(one, whose); });
    if (before != effects_.end())
        before->data = std::move(changes);
    else
        want({effect::kind::keep, std::move(whose), std::move(changes)});
}

const json& execution::kept(std::string_view whose) const noexcept {
    auto found = std::ranges::find_if(effects_, [&](const effect& one) { return is_kept(one, whose); });
    return found == effects_.end() ? nothing : found->data;
}

void execution::log(std::string text) {
    want({effect::kind::log, {}, std::move(text)});
}

void execution::invoke(const invocation& what) {
    change();
    auto input = what.input ? what.input->evaluate(*this) : json();
    if (what.source == waiting_actor) {
        auto length = read_delay(input.is_object() ? input.value("for", json()) : json());
        if (!length) return fail("machine.bad_value", "The actor 'wait' is told by 'for' how long to wait.");
        auto done = actor_done_event(what.id);
        return start_timer(done, {done, json::object()}, *length, timer_policy::deadline);
    }
    if (auto skill = skill_name(what.source)) return skills_.begin(what.id, *skill, std::move(input), *this);
    open_call(what.id, what.source, std::move(input));
}

void execution::open_call(std::string id, std::string source, json input) {
    want({effect::kind::invoke, std::move(id), {{"src", std::move(source)}, {"input", std::move(input)}}});
}

void execution::drop_call(std::string id) {
    want({effect::kind::stop, std::move(id), nullptr});
}

void execution::stop(const invocation& what) {
    if (what.source == waiting_actor) return stop_timer(actor_done_event(what.id));
    if (skill_name(what.source)) return skills_.stop(what.id, *this);
    drop_call(what.id);
}

void execution::send(std::string actor, event what) {
    if (skills_.tell(actor, what)) return;
    what.data["type"] = what.type;
    want({effect::kind::send, std::move(actor), std::move(what.data)});
}

void execution::start_timer(std::string id, event what, milliseconds length, timer_policy policy) {
    stop_timer(id);
    auto carried = weigh(what.data, max_depth).value_or(max_timer_data + 1);
    for (const auto& one : timers_)
        carried += weigh(one.data, max_depth).value_or(0);
    if (timers_.size() == max_timers || carried > max_timer_data)
        return fail("machine.too_many_timers",
                    "More than 256 timers would run in the session, or with more than 64 KiB of data.");
    timers_.push_back(
        {std::move(id), std::move(what.type), std::move(what.data), inputs_.now + length, length, policy});
}

void execution::stop_timer(std::string_view id) {
    std::erase_if(timers_, [&](const timer& one) { return one.id == id; });
}

std::string execution::unused_timer_id() const {
    for (std::size_t number = timers_.size();; ++number) {
        auto id = '#' + std::to_string(number);
        if (std::ranges::find(timers_, id, &timer::id) == timers_.end()) return id;
    }
}

void execution::want(effect what) {
    constexpr std::size_t max_effects = 4096;
    effects_.push_back(std::move(what));
    if (effects_.size() > max_effects) fail("machine.too_much_data", "The step has more than 4096 effects.");
}

bool execution::is_in(state_index which) const noexcept {
    return std::ranges::binary_search(active, which);
}

snapshot execution::take_snapshot() && {
    snapshot made;
    made.states = std::move(active);
    made.context = std::move(context_);
    made.context.compact();
    made.timers = std::move(timers_);
    made.skill_runs = skills_.runs();
    made.skills = std::move(skills_).take();
    return made;
}

json& execution::changed_user() {
    if (!user_) {
        const auto* user = find_pointer(inputs_.outside, "/user");
        user_ = user && user->is_object() ? *user : json::object();
    }
    return *user_;
}

void execution::raise(event what) {
    raised_.push_back(std::move(what));
}

std::optional<event> execution::next_raised() {
    if (heard_ == raised_.size()) return std::nullopt;
    return std::move(raised_[heard_++]);
}

void execution::receive(const event& what) {
    event_type_ = what.type;
    event_ = what.data.is_object() && !what.data.empty() ? what.data : json();
    knows_type_ = false;
    intent_.reset();
}

std::size_t execution::draw(std::size_t count) {
    // SplitMix64 (Steele, Lea, Flood 2014): the same on every machine, unlike the distributions of the
    // library.
    random_ += 0x9E3779B97F4A7C15U;
    auto bits = random_;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
    bits ^= bits >> 31;
    return static_cast<std::size_t>(bits % count);
}

} // namespace rejoinder::statemachine
