#include "persistence/json_writer.hpp"
#include "persistence/time.hpp"
#include "statemachine/interpreter.hpp"
#include "statemachine/stored_timers.hpp"
#include "statemachine/tables.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

/// XState's state value: a state's name, {parent: value}, or a member for each of several regions; a region
/// without states inside has an empty object. Members are in the order of their names.
class value_writer {
public:
    value_writer(const compiled_machine& machine, const snapshot& of, std::string& to)
        : machine_(machine), leaves_(of.states), to_(to) {}

    void write(state_index which) {
        const auto& state = machine_.states[which];
        boost::container::small_vector<state_index, 4> inside;
        for (auto child : state.children)
            if (is_active(child)) inside.push_back(child);
        bool names_leaf =
            state.kind == state_kind::compound && inside.size() == 1 && machine_.states[inside[0]].is_leaf();
        if (names_leaf) return append_quoted(to_, machine_.states[inside[0]].key);
        std::ranges::sort(inside, {}, [this](state_index s) -> const std::string& { return key_of(s); });
        object_writer out(to_);
        for (auto child : inside) {
            out.place_of(key_of(child));
            write(child);
        }
        out.end();
    }

private:
    const std::string& key_of(state_index which) const { return machine_.states[which].key; }

    bool is_active(state_index which) const {
        auto inside = std::ranges::lower_bound(leaves_, which);
        return inside != leaves_.end() && *inside < machine_.states[which].end;
    }

    const compiled_machine& machine_;
    const std::vector<state_index>& leaves_;
    std::string& to_;
};

/// The leaves that a state value names, in the document's order. False when it is no configuration.
bool find_leaves(const compiled_machine& machine, state_index at, const json& value,
                 std::vector<state_index>& into) {
    const auto& state = machine.states[at];
    if (state.is_leaf()) {
        into.push_back(at);
        return value.is_object() && value.empty();
    }
    if (state.kind == state_kind::parallel) {
        bool whole = value.is_object() && value.size() == state.children.size();
        return whole && std::ranges::all_of(state.children, [&](state_index region) {
                   auto own = value.find(machine.states[region].key);
                   return own != value.end() && find_leaves(machine, region, *own, into);
               });
    }
    bool names_leaf = value.is_string();
    if (!names_leaf && (!value.is_object() || value.size() != 1)) return false;
    auto child =
        machine.find_child(at, names_leaf ? value.get_ref<const std::string&>() : value.begin().key());
    if (child == no_state || machine.states[child].is_history()) return false;
    if (names_leaf != machine.states[child].is_leaf()) return false;
    static const json nothing_inside = json::object();
    return find_leaves(machine, child, names_leaf ? nothing_inside : *value.begin(), into);
}

/// A state by its dotted path; none when there is no such state.
state_index find_path(const compiled_machine& machine, const json& path) {
    return path.is_string() ? machine.find_path(path.get_ref<const std::string&>()) : no_state;
}

json to_json(const compiled_machine& machine, const decltype(snapshot::history)& history) {
    auto stored = json::object();
    for (const auto& [memory, inside] : history) {
        auto& paths = stored[machine.states[memory].path] = json::array();
        for (auto which : inside)
            paths.push_back(machine.states[which].path);
    }
    return stored;
}

/// A shallow memory holds states of the one around it, a deep one what has no states inside.
bool can_remember(const compiled_machine& machine, state_index memory, state_index what) {
    const auto& state = machine.states[what];
    auto around = machine.states[memory].parent;
    if (machine.states[memory].kind == state_kind::shallow_history)
        return state.parent == around && !state.is_history();
    return state.is_leaf() && what != around && machine.is_within(what, around);
}

bool read_history(const compiled_machine& machine, const json& stored, decltype(snapshot::history)& into) {
    if (!stored.is_object()) return false;
    for (const auto& [path, paths] : stored.items()) {
        auto memory = find_path(machine, path);
        if (memory == no_state || !machine.states[memory].is_history() || !paths.is_array()) return false;
        auto& inside = into.emplace_back(memory, std::vector<state_index>()).second;
        for (const auto& one : paths) {
            inside.push_back(find_path(machine, one));
            if (inside.back() == no_state || !can_remember(machine, memory, inside.back())) return false;
        }
        if (inside.empty()) return false;
        for (std::size_t i = 1; i < inside.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (!machine.are_together(inside[i], inside[j])) return false;
    }
    return true;
}

json to_json(const timer& one) {
    json stored{{"id", one.id},
                {"event", one.event},
                {"due", to_unix(one.due)},
                {"length", one.length.count()},
                {"policy", to_string(one.policy)}};
    if (!one.data.empty()) stored["data"] = one.data;
    return stored;
}

/// Milliseconds since 1970: far behind every timer, and far from where times overflow.
constexpr std::int64_t latest_due = 100'000'000'000'000;

bool read_timer(const json& stored, timer& into) {
    auto text = [&](const char* name, std::string& value) {
        auto found = stored.find(name);
        if (found == stored.end() || !found->is_string()) return false;
        value = found->get<std::string>();
        return true;
    };
    std::string policy;
    if (!stored.is_object() || !text("id", into.id) || !text("event", into.event) || !text("policy", policy))
        return false;
    auto known = parse_timer_policy(policy);
    auto due = stored.value("due", json());
    auto length = stored.value("length", json());
    into.data = stored.value("data", json::object());
    auto duration = read_delay(length);
    bool has_time = due.is_number_integer() && due >= 0 && due <= latest_due;
    if (!known || !has_time || !duration || into.event.empty() || !into.data.is_object()) return false;
    into.policy = *known;
    into.due = from_unix(due);
    into.length = *duration;
    return true;
}

/// Each works for an active state that invokes it.
bool read_skills(const compiled_machine& machine, const json& stored, snapshot& into) {
    if (!stored.is_array() || stored.size() > max_skills) return false;
    auto is_wanted = [&](const running_skill& one) {
        for (auto leaf : into.states)
            for (auto s = leaf; s != no_state; s = machine.states[s].parent)
                for (const auto& actor : machine.states[s].invokes)
                    if (actor.id == one.actor && skill_name(actor.source) == one.name) return true;
        return false;
    };
    for (const auto& entry : stored) {
        auto one = restore_skill(entry);
        if (!one || !is_wanted(*one)) return false;
        if (std::ranges::find(into.skills, one->actor, &running_skill::actor) != into.skills.end())
            return false;
        into.skills.push_back(std::move(*one));
    }
    return true;
}

std::string serialise(const std::vector<running_skill>& skills) {
    std::string text;
    for (const auto& one : skills) {
        auto head = to_text(to_json(one));
        head.back() = ',';
        text += (text.empty() ? "[" : ",") + head + R"("steps":)" + one.steps.serialise() + '}';
    }
    return text + ']';
}

} // namespace

bool read_timers(const json& snapshot, std::vector<timer>& into) {
    auto stored = snapshot.find("timers");
    if (stored == snapshot.end()) return true;
    if (!stored->is_array() || stored->size() > max_timers) return false;
    for (const auto& one : *stored) {
        timer read;
        if (!read_timer(one, read) || std::ranges::find(into, read.id, &timer::id) != into.end())
            return false;
        into.push_back(std::move(read));
    }
    return true;
}

std::string state_path(const definition& machine, const snapshot& of) {
    std::string paths;
    for (auto leaf : of.states)
        paths += (paths.empty() ? "" : " | ") + machine.tables().states[leaf].path;
    return paths;
}

bool has_tag(const definition& machine, const snapshot& of, std::string_view tag) {
    const auto& states = machine.tables().states;
    for (auto leaf : of.states)
        for (auto s = leaf; s != no_state; s = states[s].parent)
            if (std::ranges::find(states[s].tags, tag) != states[s].tags.end()) return true;
    return false;
}

overlap overlap_of(const definition& machine, const snapshot& of) {
    const auto& states = machine.tables().states;
    std::optional<overlap> strictest;
    for (auto leaf : of.states) {
        auto s = leaf;
        while (s != no_state && !states[s].overlapping)
            s = states[s].parent;
        auto own = s == no_state ? overlap() : states[s].overlapping.value_or(overlap());
        if (!strictest || is_as_strict(own, *strictest)) strictest = own;
    }
    return strictest.value_or(overlap());
}

const timer* snapshot::find_timer(std::string_view id) const noexcept {
    auto found = std::ranges::find(timers, id, &timer::id);
    return found == timers.end() ? nullptr : &*found;
}

const timer* snapshot::next_timer() const noexcept {
    auto next = std::ranges::min_element(timers, {}, &timer::due);
    return next == timers.end() ? nullptr : &*next;
}

void resume_timers(snapshot& of, utc_time stopped, utc_time now) {
    auto pause = std::max(now - stopped, milliseconds(0));
    for (auto& one : of.timers) {
        if (one.policy == timer_policy::remaining) one.due += pause;
        if (one.policy == timer_policy::restart) one.due = now + one.length;
    }
}

void lose_closed_work(snapshot& of, std::string_view fired,
                      const std::function<bool(const std::string&)>& is_open) {
    for (auto& one : of.skills) {
        auto waits = one.waits_for();
        bool works = waits == running_skill::wait::tool || waits == running_skill::wait::call;
        if (one.timer_id() == fired || (works && !is_open(one.work_id()))) one.lost = true;
    }
}

std::string serialise(const definition& machine, const snapshot& of) {
    const auto& tables = machine.tables();
    std::string text;
    object_writer out(text);
    value_writer(tables, of, out.place("value")).write(0);
    of.context.append_to(out.place("context"));
    out.member("status", of.standing == snapshot::status::done ? "done" : "active");
    if (!of.output.is_null()) out.member("output", of.output);
    if (!of.history.empty()) out.member("history", to_json(tables, of.history));
    if (!of.timers.empty()) {
        auto timers = json::array();
        for (const auto& one : of.timers)
            timers.push_back(to_json(one));
        out.member("timers", timers);
    }
    if (!of.skills.empty()) out.place("skills") += serialise(of.skills);
    if (of.skill_runs > 0) out.member("skill_runs", of.skill_runs);
    out.end();
    return text;
}

std::optional<snapshot> restore(const definition& machine, std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto& stored = parsed.value;
    snapshot made;
    bool stands = find_leaves(machine.tables(), 0, stored.value("value", json()), made.states);
    auto context = stored.find("context");
    auto status = stored.value("status", json());
    if (!stands || context == stored.end() || !context->is_object()) return std::nullopt;
    if (status != "active" && status != "done") return std::nullopt;
    if (auto history = stored.find("history"); history != stored.end())
        if (!read_history(machine.tables(), *history, made.history)) return std::nullopt;
    if (!read_timers(stored, made.timers)) return std::nullopt;
    if (auto skills = stored.find("skills"); skills != stored.end())
        if (!read_skills(machine.tables(), *skills, made)) return std::nullopt;
    auto runs = stored.value("skill_runs", json(0U));
    if (!runs.is_number_unsigned()) return std::nullopt;
    made.skill_runs = runs;
    made.context = context::context_value(*context);
    made.context.compact();
    made.standing = status == "done" ? snapshot::status::done : snapshot::status::active;
    made.output = stored.value("output", json());
    return made;
}

} // namespace rejoinder::statemachine
