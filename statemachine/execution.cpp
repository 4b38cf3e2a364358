#include "statemachine/execution.hpp"

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

} // namespace

execution::execution(const compiled_machine& machine, const snapshot& from, const step_inputs& inputs)
    : machine_(machine),
      inputs_(inputs),
      state_(from.state),
      context_(from.context),
      now_(to_unix(inputs.now)),
      random_(inputs.seed) {}

const json& execution::read(const reference& where) const {
    switch (where.from) {
    case reference::root::event: {
        const auto* found = find_pointer(event_, where.below);
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

void execution::write(const std::string& context_pointer, json value) {
    if (error_) return;
    ++context_changes_;
    if (!context_.set(context_pointer, std::move(value))) {
        fail("machine.bad_value", "The context has no place for a value at '" + context_pointer + "'.");
        return;
    }
    if (context_.size() > context::context_value::max_size)
        fail("machine.context_too_large", "The session's context would exceed 256 KiB.");
}

void execution::erase(const std::string& context_pointer) {
    if (error_) return;
    ++context_changes_;
    context_.erase(context_pointer);
}

void execution::open_tool(std::string name, json args, milliseconds timeout) {
    effects_.push_back(
        {effect::kind::tool, std::move(name), {{"args", std::move(args)}, {"timeout", timeout.count()}}});
    keep_within_bounds();
}

void execution::show(std::string kind, json data) {
    effects_.push_back({effect::kind::show, std::move(kind), std::move(data)});
    keep_within_bounds();
}

void execution::remember(const std::string& key, json value) {
    changed_user()[key] = value;
    effects_.push_back({effect::kind::remember, key, std::move(value)});
    keep_within_bounds();
}

void execution::forget(const std::string& key) {
    changed_user().erase(key);
    effects_.push_back({effect::kind::forget, key, nullptr});
    keep_within_bounds();
}

void execution::log(std::string text) {
    effects_.push_back({effect::kind::log, {}, std::move(text)});
    keep_within_bounds();
}

void execution::keep_within_bounds() {
    constexpr std::size_t max_effects = 4096;
    if (effects_.size() > max_effects) fail("machine.too_much_data", "The step has more than 4096 effects.");
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
    if (raised_.empty()) return std::nullopt;
    auto next = std::move(raised_.front());
    raised_.pop_front();
    return next;
}

void execution::receive(event what) {
    event_type_ = std::move(what.type);
    event_ = what.data.is_object() ? std::move(what.data) : json::object();
    event_["type"] = event_type_;
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
