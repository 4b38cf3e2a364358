#include "statemachine/transitions.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/library.hpp"
#include "statemachine/reference.hpp"
#include "statemachine/registry.hpp"
#include "statemachine/route.hpp"
#include "statemachine/skill/running_skill.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace rejoinder::statemachine {
namespace {

/// `history` states are targets like others; what they remember is known only when they are entered.
const memories nothing_remembered;

class transition_reader {
public:
    transition_reader(state_index source, compilation& into) : source_(source), into_(into) {}

    /// A target, a transition, or an array of candidates.
    std::vector<transition> read(const place& at) {
        std::vector<transition> candidates;
        if (!at->is_array()) {
            candidates.push_back(read_one(at));
            return candidates;
        }
        for (std::size_t i = 0; i < at->size(); ++i) {
            if (!candidates.empty() && !candidates.back().when.holds && !into_.has_errors())
                into_.warning(at.element(i), "this is never taken: the candidate before it has no guard");
            candidates.push_back(read_one(at.element(i)));
        }
        return candidates;
    }

private:
    transition read_one(const place& at) {
        transition made;
        made.source = source_;
        made.pointer = at.pointer();
        if (at->is_string()) {
            aim(made, at);
            return made;
        }
        if (!at->is_object()) {
            into_.error(at,
                        "a transition is a target, an object, or an array of these; {} forbids the event");
            return made;
        }
        into_.check_members(at, {"target", "guard", "actions", "reenter", "description", "meta"});
        if (at.has("guard")) made.when = compile_guard(at.member("guard"), into_);
        if (at.has("actions")) made.run = compile_actions(at.member("actions"), into_);
        if (at.has("reenter")) made.reenter = read_reenter(at.member("reenter"));
        if (at.has("target")) aim(made, at.member("target"));
        return made;
    }

    bool read_reenter(const place& at) {
        if (!at->is_boolean()) into_.error(at, "'reenter' is true or false");
        return *at == true;
    }

    void aim(transition& made, const place& at) {
        if (at->is_array()) {
            if (at->empty()) into_.error(at, "'target' names at least one state");
            for (std::size_t i = 0; i < at->size(); ++i)
                add_target(made, at.element(i));
        } else {
            add_target(made, at);
        }
        if (made.targets.empty() || into_.has_errors()) return;
        for (auto a : made.targets)
            for (auto b : made.targets)
                if (a < b && !into_.machine.are_together(a, b))
                    return into_.error(at, "these states are never active together: several targets lie in "
                                           "different regions of a parallel state");
        auto found = find_route(into_.machine, source_, made.targets, made.reenter, nothing_remembered);
        into_.count_entries(at, found.way.entries.size());
        made.way = std::move(found.way);
        made.remembers = found.met_history;
    }

    void add_target(transition& made, const place& at) {
        if (!at->is_string()) return into_.error(at, "'target' is the name of a state");
        const auto& name = at->get_ref<const std::string&>();
        auto target = find(name);
        if (target == no_state) return into_.error(at, missing(name));
        made.targets.push_back(target);
    }

    /// `#id` and what is below it, `.child`, or a sibling and what is below it.
    state_index find(const std::string& name) const {
        if (name.starts_with('#')) return into_.find_state(name);
        if (name.starts_with('.'))
            return name.size() == 1 ? no_state : into_.find_child(source_, name.substr(1));
        auto parent = into_.machine.states[source_].parent;
        return name.empty() || parent == no_state ? no_state : into_.find_child(parent, name);
    }

    std::string missing(const std::string& name) const {
        const auto& machine = into_.machine;
        auto parent = machine.states[source_].parent;
        if (parent == no_state && !name.starts_with('#') && !name.starts_with('.'))
            return "the machine itself has no sibling '" + name + "'; a state in it is '." + name + "'";
        std::vector<std::string_view> names;
        std::vector<std::string> shown;
        if (name.starts_with('.')) {
            add_names(shown, ".", source_);
        } else if (name.starts_with('#')) {
            for (const auto& [id, ignored] : into_.ids)
                shown.push_back('#' + id);
        } else {
            add_names(shown, "", parent);
        }
        names.assign(shown.begin(), shown.end());
        return "there is no state '" + name + "' to go to." + suggest(name, names);
    }

    void add_names(std::vector<std::string>& to, const std::string& prefix, state_index around) const {
        const auto& machine = into_.machine;
        for (const auto* among : {&machine.states[around].children, &machine.states[around].memories})
            for (auto inside : *among)
                to.push_back(prefix + machine.states[inside].key);
    }

    state_index source_;
    compilation& into_;
};

/// Nothing when the text is no descriptor: a `*` stands alone or behind the last dot.
std::optional<handler> read_descriptor(std::string_view text) {
    if (text == "*") return handler{handler::kind::any, {}, {}};
    auto how = handler::kind::exact;
    if (text.ends_with(".*")) {
        how = handler::kind::prefix;
        text.remove_suffix(2);
    }
    if (text.empty() || text.find('*') != std::string_view::npos) return std::nullopt;
    return handler{how, std::string(text), {}};
}

/// A delay as a member's name.
std::optional<milliseconds> read_delay_name(const std::string& text) {
    milliseconds::rep count = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem != std::errc() || std::to_string(count) != text) return std::nullopt;
    return read_delay(json(count));
}

/// Exact descriptors first, then wildcards from the longest to the shortest.
bool tried_before(const handler& a, const handler& b) {
    if (a.how != b.how) return a.how < b.how;
    if (a.descriptor.size() != b.descriptor.size()) return a.descriptor.size() > b.descriptor.size();
    return a.descriptor < b.descriptor;
}

/// Everything that a state does when something happens.
class handler_reader {
public:
    handler_reader(state_index source, compilation& into)
        : own_(into.machine.states[source]), source_(source), into_(into), reader_(source, into) {}

    void read_on(const place& on) {
        if (!on->is_object()) return into_.error(on, "'on' is an object of events and their transitions");
        for (const auto& [descriptor, ignored] : on->items()) {
            auto at = on.member(descriptor);
            auto made = read_descriptor(descriptor);
            if (!made) {
                into_.error(at, "an event is a name, a name that ends in '.*', or '*'");
                continue;
            }
            made->candidates = reader_.read(at);
            add(std::move(*made));
        }
    }

    void read_on_done(const place& at) {
        if (source_ == 0)
            into_.error(at, "when the machine itself is done, nothing can follow: it has no 'onDone'");
        else if (own_.is_leaf())
            into_.error(at, "only a state with states inside can be done");
        add(done_event(own_.id), at);
    }

    void read_invoke(const place& at) {
        if (at->is_array())
            for (std::size_t i = 0; i < at->size(); ++i)
                read_actor(at.element(i));
        else
            read_actor(at);
    }

    void read_after(const place& after) {
        if (!after->is_object())
            return into_.error(after, "'after' is an object of milliseconds and their transitions");
        for (const auto& [text, ignored] : after->items()) {
            auto at = after.member(text);
            auto delay = read_delay_name(text);
            if (!delay) {
                into_.error(at, "a delay is a whole number of milliseconds, at most a hundred years");
                continue;
            }
            auto event = "xstate.after." + text + '.' + own_.id;
            own_.after.push_back({event, *delay, read_policy(at), at.pointer()});
            add(std::move(event), at);
        }
    }

    std::vector<handler> take() && { return std::move(handlers_); }

private:
    void add(std::string event, const place& at) {
        add({handler::kind::exact, std::move(event), reader_.read(at)});
    }

    /// Behind those that are tried before it; of two for the same event the former is tried first.
    void add(handler made) {
        auto behind = std::ranges::upper_bound(handlers_, made, tried_before);
        handlers_.insert(behind, std::move(made));
    }

    void read_actor(const place& at) {
        if (!at->is_object()) return into_.error(at, "what is invoked is an object with 'src'");
        into_.check_members(at, {"id", "src", "input", "onDone", "onError", "description", "meta"});
        invocation made;
        made.pointer = at.pointer();
        made.id = std::to_string(own_.invokes.size()) + '.' + own_.id;
        if (at.has("id")) made.id = read_id(at.member("id"));
        made.source = read_source(at);
        if (at.has("input")) made.input = value::compile(at.member("input"), into_);
        if (made.source == waiting_actor && !(at.has("input") && at.member("input").has("for")))
            into_.error(at, "the actor 'wait' is told how long by its 'input', as {\"for\": 1000}");
        if (made.source == answering_actor && !at.has("onError"))
            into_.warning(at, "without 'onError' the machine stays here when its responder fails");
        if (at.has("onDone")) add(actor_done_event(made.id), at.member("onDone"));
        if (at.has("onError")) add(actor_failed_event(made.id), at.member("onError"));
        own_.invokes.push_back(std::move(made));
    }

    std::string read_id(const place& at) {
        auto id = at->is_string() ? at->get<std::string>() : std::string();
        if (id.empty()) into_.error(at, "'id' is a text");
        if (id.starts_with(skill_work_prefix))
            into_.error(at, "ids that begin with 'skill.' are the skills' own");
        if (std::ranges::find(own_.invokes, id, &invocation::id) != own_.invokes.end())
            into_.error(at, "the state invokes another actor with the id '" + id + "' already");
        return id;
    }

    std::string read_source(const place& at) {
        if (!at.has("src")) {
            into_.error(at, "'src' is missing: the name of the actor");
            return {};
        }
        auto source_at = at.member("src");
        auto source = source_at->is_string() ? source_at->get<std::string>() : std::string();
        if (auto name = skill_name(source))
            use_skill(*name, source_at);
        else if (!is_actor(source))
            into_.error(source_at, "there is no actor '" + source + "'." + suggest(source, actor_names()));
        return source;
    }

    /// The machine has its skills by itself, all versions of them, and reads what they read.
    void use_skill(std::string_view name, const place& at) {
        if (into_.machine.find_skill(name)) return;
        std::vector<std::string_view> names;
        for (const auto& one : installed().skills) {
            names.push_back(one.name);
            if (one.name != name) continue;
            into_.machine.skills.push_back(one);
            for (const auto& path : one.reads)
                if (auto where = parse_reference(path)) into_.reads(*where);
        }
        if (!into_.machine.find_skill(name))
            into_.error(at, "this program has no skill '" + std::string(name) + "'." + suggest(name, names));
    }

    /// `meta.timer` of the transition, or of the first candidate that has it.
    timer_policy read_policy(const place& at) {
        std::size_t count = at->is_array() ? at->size() : 1;
        for (std::size_t i = 0; i < count; ++i) {
            auto one = at->is_array() ? at.element(i) : at;
            if (!one.has("meta") || !one.member("meta").has("timer")) continue;
            auto word = one.member("meta").member("timer");
            auto policy =
                word->is_string() ? parse_timer_policy(word->get_ref<const std::string&>()) : std::nullopt;
            if (!policy) into_.error(word, "'timer' is deadline, remaining or restart");
            return policy.value_or(timer_policy::deadline);
        }
        return timer_policy::deadline;
    }

    state& own_;
    state_index source_;
    compilation& into_;
    transition_reader reader_;
    std::vector<handler> handlers_;
};

} // namespace

std::string done_event(const std::string& state_id) {
    return "xstate.done.state." + state_id;
}

std::vector<handler> compile_handlers(const place& state_at, state_index source, compilation& into) {
    handler_reader reader(source, into);
    if (state_at.has("on")) reader.read_on(state_at.member("on"));
    if (state_at.has("onDone")) reader.read_on_done(state_at.member("onDone"));
    if (state_at.has("invoke")) reader.read_invoke(state_at.member("invoke"));
    if (state_at.has("after")) reader.read_after(state_at.member("after"));
    return std::move(reader).take();
}

std::vector<transition> compile_always(const place& state_at, state_index source, compilation& into) {
    if (!state_at.has("always")) return {};
    return transition_reader(source, into).read(state_at.member("always"));
}

} // namespace rejoinder::statemachine
