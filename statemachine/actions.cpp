#include "statemachine/execution.hpp"
#include "statemachine/registry.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::statemachine {
namespace {

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

/// Members of `more` join those of `data`; the latter win, so that no machine can hide what an event is.
json merged(json data, const std::optional<value>& more, const execution& in) {
    if (!more) return data;
    auto extra = more->evaluate(in);
    if (extra.is_object()) {
        extra.update(data);
        return extra;
    }
    if (!extra.is_null()) in.fail("machine.bad_value", "The 'data' of an event is no object.");
    return data;
}

action_function say(parameters& params) {
    return [texts = params.texts(), data = params.optional_value("data")](execution& in) {
        auto chosen = texts.size() > 1 ? in.draw(texts.size()) : 0;
        in.show("say", merged({{"text", text_of(texts[chosen].evaluate(in))}}, data, in));
    };
}

action_function ask(parameters& params) {
    return [texts = params.texts(), expect = params.optional_value("expect"),
            data = params.optional_value("data")](execution& in) {
        auto chosen = texts.size() > 1 ? in.draw(texts.size()) : 0;
        json question{{"text", text_of(texts[chosen].evaluate(in))}};
        if (expect) question["expect"] = expect->evaluate(in);
        in.show("ask", merged(std::move(question), data, in));
    };
}

/// All values are worked out before the first is stored, so none sees another's.
action_function assign(parameters& params) {
    return [values = params.assignments()](execution& in) {
        std::vector<json> made;
        made.reserve(values.size());
        for (const auto& [path, what] : values)
            made.push_back(what.evaluate(in));
        for (std::size_t i = 0; i < values.size(); ++i)
            in.write(values[i].first, std::move(made[i]));
    };
}

/// The sum of two numbers: whole as long as both are whole and it fits. What is not there counts as 0.
json sum(const json& a, const json& b) {
    if (a.is_null()) return b;
    std::int64_t whole = 0;
    if (a.is_number_integer() && b.is_number_integer() &&
        !__builtin_add_overflow(a.get<std::int64_t>(), b.get<std::int64_t>(), &whole))
        return whole;
    return a.get<double>() + b.get<double>();
}

action_function increment(parameters& params) {
    auto path = params.required_context_path("path");
    return [where = reference{reference::root::context, std::move(path)},
            by = params.optional_value("by")](execution& in) {
        auto amount = by ? by->evaluate(in) : json(1);
        const auto& number = in.read(where);
        if (!(number.is_number() || number.is_null()) || !amount.is_number()) {
            in.fail("machine.bad_value", "Only a number can be incremented, and only by a number.");
            return;
        }
        in.write(where.below, sum(number, amount));
    };
}

action_function append(parameters& params) {
    auto path = params.required_context_path("path");
    return [where = reference{reference::root::context, std::move(path)},
            what = params.required_value("value")](execution& in) {
        auto element = what.evaluate(in);
        const auto& list = in.read(where);
        if (list.is_null()) {
            in.write(where.below, json::array({std::move(element)}));
        } else if (list.is_array()) {
            in.write(where.below + "/-", std::move(element));
        } else {
            in.fail("machine.bad_value", "Only to an array can be appended.");
        }
    };
}

action_function remove(parameters& params) {
    return [path = params.required_context_path("path")](execution& in) { in.erase(path); };
}

action_function remember(parameters& params) {
    return [key = params.required_name("key"), what = params.required_value("value")](execution& in) {
        in.remember(key, what.evaluate(in));
    };
}

action_function forget(parameters& params) {
    return [key = params.required_name("key")](execution& in) { in.forget(key); };
}

action_function notice(parameters& params) {
    return [kind = params.required_name("kind"), data = params.optional_value("data")](execution& in) {
        in.show("notice", merged({{"kind", kind}}, data, in));
    };
}

/// Work for the device. How it ends comes as an event of its own, after `timeout` at the latest.
action_function tool(parameters& params) {
    static constexpr milliseconds usual(60000);
    static constexpr milliseconds longest(15 * 60000);
    auto timeout = params.optional_duration("timeout", milliseconds(1), longest).value_or(usual);
    return
        [name = params.required_name("name"), args = params.optional_value("args"), timeout](execution& in) {
            auto given = args ? args->evaluate(in) : json::object();
            if (given.is_object()) return in.open_tool(name, std::move(given), timeout);
            in.fail("machine.bad_value", "The 'args' of a tool are no object.");
        };
}

action_function emit(parameters& params) {
    auto kind = params.required_name("kind");
    if (is_protocols_own(kind))
        params.reject("kind", "events of kind '" + kind + "' are not a machine's to emit");
    return [kind = std::move(kind), data = params.optional_value("data")](execution& in) {
        in.show(kind, merged(json::object(), data, in));
    };
}

/// An event is its type, or an object with `type` and whatever else the event carries.
std::optional<event> event_of(const value& what, const execution& in) {
    auto made = what.evaluate(in);
    if (made.is_string()) made = json{{"type", std::move(made)}};
    auto type = made.is_object() ? made.value("type", json()) : json();
    if (type.is_string() && !type.get_ref<const std::string&>().empty())
        return event{type.get<std::string>(), std::move(made)};
    in.fail("machine.bad_value", "An event to be raised has no type.");
    return std::nullopt;
}

/// A number of milliseconds, as a timer may run.
std::optional<milliseconds> delay_of(const value& what, const execution& in) {
    auto delay = read_delay(what.evaluate(in));
    if (!delay)
        in.fail("machine.bad_value", "A delay is a whole number of milliseconds, at most a hundred years.");
    return delay;
}

/// Now, or after a delay; then `id` names the timer, which can't be cancelled otherwise.
action_function raise(parameters& params) {
    auto what = params.required_value("event");
    auto delay = params.optional_value("delay");
    auto policy = params.optional_timer_policy("policy");
    auto id = params.has("id") ? params.required_name("id") : std::string();
    if (id.starts_with(skill_work_prefix))
        params.reject("id", "ids that begin with 'skill.' are the skills' own");
    if (!delay && params.has("id"))
        params.reject("id", "only what has a 'delay' can be cancelled by its 'id'");
    if (!delay && policy) params.reject("policy", "only what has a 'delay' has a 'policy'");
    return [what = std::move(what), delay = std::move(delay), id = std::move(id),
            policy = policy.value_or(timer_policy::deadline)](execution& in) {
        auto made = event_of(what, in);
        if (!made) return;
        if (!delay) return in.raise(std::move(*made));
        auto length = delay_of(*delay, in);
        if (!length) return;
        in.start_timer(id.empty() ? in.unused_timer_id() : id, std::move(*made), *length, policy);
    };
}

action_function start_timer(parameters& params) {
    if (!params.has("delay")) params.required_value("delay");
    return raise(params);
}

/// Without effect when no timer of that id runs.
action_function cancel(parameters& params) {
    return [id = params.required_value("id")](execution& in) {
        auto name = id.evaluate(in);
        if (name.is_string()) return in.stop_timer(name.get_ref<const std::string&>());
        in.fail("machine.bad_value", "The 'id' of what is cancelled is no text.");
    };
}

action_function send_to(parameters& params) {
    return [to = params.required_value("to"), what = params.required_value("event")](execution& in) {
        auto actor = to.evaluate(in);
        if (!actor.is_string()) return in.fail("machine.bad_value", "What is sent to is no actor's id.");
        if (auto made = event_of(what, in)) in.send(actor.get<std::string>(), std::move(*made));
    };
}

action_function log(parameters& params) {
    return [text = params.required_value("text")](execution& in) { in.log(text_of(text.evaluate(in))); };
}

} // namespace

std::span<const action_kind> action_kinds() {
    static constexpr std::array<action_kind, 16> kinds{{{"say", say, touches::outside},
                                                        {"ask", ask, touches::outside},
                                                        {"assign", assign, touches::context},
                                                        {"increment", increment, touches::context},
                                                        {"append", append, touches::context},
                                                        {"remove", remove, touches::context},
                                                        {"remember", remember, touches::outside},
                                                        {"forget", forget, touches::outside},
                                                        {"notice", notice, touches::outside},
                                                        {"tool", tool, touches::outside},
                                                        {"emit", emit, touches::outside},
                                                        {"raise", raise, touches::outside},
                                                        {"start timer", start_timer, touches::outside},
                                                        {"cancel", cancel, touches::outside},
                                                        {"sendTo", send_to, touches::outside},
                                                        {"log", log, touches::outside}}};
    return kinds;
}

std::span<const later_kind> later_actions() {
    static constexpr std::array<later_kind, 1> kinds{{{"enqueueActions", "actions chosen by a function"}}};
    return kinds;
}

} // namespace rejoinder::statemachine
