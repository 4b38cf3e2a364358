#include "statemachine/transitions.hpp"

#include "statemachine/registry.hpp"

#include <algorithm>
#include <string>

namespace rejoinder::statemachine {
namespace {

enum class reenter { no, yes };

/// The nearest state that properly contains both, or none when one of them is the root.
state_index common_ancestor(const compiled_machine& machine, state_index a, state_index b) {
    auto ancestor = machine.states[a].parent;
    while (ancestor != no_state && (ancestor == b || !machine.is_within(b, ancestor)))
        ancestor = machine.states[ancestor].parent;
    return ancestor;
}

/// What stays active: the source itself when the target lies in it and it is not to be entered again (XState
/// v5), else the nearest state around both (SCXML's transition domain).
state_index domain_of(const compiled_machine& machine, state_index source, state_index target,
                      reenter again) {
    if (again == reenter::no && machine.is_within(target, source)) return source;
    auto domain = common_ancestor(machine, target, source);
    return domain == no_state && again == reenter::no ? 0 : domain;
}

/// From the domain down to the target, then down its initial states.
std::vector<entry> entries_of(const compiled_machine& machine, state_index domain, state_index target) {
    std::vector<entry> entries;
    if (target != domain) {
        entries.push_back({target, entry::way::by_default});
        for (auto above = machine.states[target].parent; above != domain;
             above = machine.states[above].parent)
            entries.push_back({above, entry::way::passing});
        std::ranges::reverse(entries);
    }
    for (auto below = machine.states[target].initial; below != no_state;
         below = machine.states[below].initial)
        entries.push_back({below, entry::way::by_default});
    return entries;
}

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
            aim(made, at, reenter::no);
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
        auto again = read_reenter(at);
        if (at.has("target")) aim(made, at.member("target"), again);
        return made;
    }

    reenter read_reenter(const place& at) {
        if (!at.has("reenter")) return reenter::no;
        if (!at.member("reenter")->is_boolean())
            into_.error(at.member("reenter"), "'reenter' is true or false");
        return *at.member("reenter") == true ? reenter::yes : reenter::no;
    }

    void aim(transition& made, const place& at, reenter again) {
        if (at->is_array() && at->size() == 1) return aim(made, at.element(0), again);
        if (at->is_array() && at->size() > 1)
            return into_.error(at, "several targets need parallel states, which are not supported yet");
        if (!at->is_string()) return into_.error(at, "'target' is the name of a state");
        const auto& name = at->get_ref<const std::string&>();
        made.target = find(name);
        if (made.target == no_state) return into_.error(at, missing(name));
        made.domain = domain_of(into_.machine, source_, made.target, again);
        made.entries = entries_of(into_.machine, made.domain, made.target);
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
            for (auto child : machine.states[source_].children)
                shown.push_back('.' + machine.states[child].key);
        } else if (name.starts_with('#')) {
            for (const auto& [id, ignored] : into_.ids)
                shown.push_back('#' + id);
        } else {
            for (auto sibling : machine.states[parent].children)
                shown.push_back(machine.states[sibling].key);
        }
        names.assign(shown.begin(), shown.end());
        return "there is no state '" + name + "' to go to." + suggest(name, names);
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

/// Exact descriptors first, then wildcards from the longest to the shortest.
bool tried_before(const handler& a, const handler& b) {
    if (a.how != b.how) return a.how < b.how;
    if (a.descriptor.size() != b.descriptor.size()) return a.descriptor.size() > b.descriptor.size();
    return a.descriptor < b.descriptor;
}

} // namespace

std::string done_event(const std::string& state_id) {
    return "xstate.done.state." + state_id;
}

std::vector<handler> compile_handlers(const place& state_at, state_index source, compilation& into) {
    std::vector<handler> handlers;
    transition_reader reader(source, into);
    if (state_at.has("on")) {
        auto on = state_at.member("on");
        if (!on->is_object()) {
            into.error(on, "'on' is an object of events and their transitions");
            return handlers;
        }
        for (const auto& [descriptor, ignored] : on->items()) {
            auto at = on.member(descriptor);
            auto made = read_descriptor(descriptor);
            if (!made) {
                into.error(at, "an event is a name, a name that ends in '.*', or '*'");
                continue;
            }
            made->candidates = reader.read(at);
            handlers.push_back(std::move(*made));
        }
    }
    if (state_at.has("onDone")) {
        auto at = state_at.member("onDone");
        const auto& own = into.machine.states[source];
        if (source == 0 || own.kind != state_kind::compound)
            into.error(at, source == 0
                               ? "when the machine itself is done, nothing can follow: it has no 'onDone'"
                               : "only a state with states inside can be done");
        handlers.push_back({handler::kind::exact, done_event(own.id), reader.read(at)});
    }
    std::ranges::sort(handlers, tried_before);
    return handlers;
}

std::vector<transition> compile_always(const place& state_at, state_index source, compilation& into) {
    if (!state_at.has("always")) return {};
    return transition_reader(source, into).read(state_at.member("always"));
}

std::vector<entry> start_entries(const compiled_machine& machine) {
    return entries_of(machine, no_state, 0);
}

} // namespace rejoinder::statemachine
