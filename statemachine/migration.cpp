#include "statemachine/migration.hpp"

#include "statemachine/actor_events.hpp"
#include "statemachine/configuration.hpp"
#include "statemachine/context_upgrade.hpp"
#include "statemachine/migration_path.hpp"
#include "statemachine/registry.hpp"
#include "statemachine/stored_timers.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace rejoinder::statemachine {
namespace {

using fate = followed_path::fate;

constexpr std::string_view after = "xstate.after.";

std::string in_quotes(std::string_view path) {
    return '\'' + std::string(path) + '\'';
}

/// What stands in front of the dot where a text begins with digits and a dot; nothing otherwise.
std::optional<std::string_view> number_in_front(std::string_view text) {
    auto end = text.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos || text[end] != '.') return std::nullopt;
    return text.substr(0, end + 1);
}

/// The states that a state value names, as dotted paths: all that are active, and the leaves among them.
struct active_paths {
    std::vector<std::string> all;
    std::vector<std::string> leaves;
};

bool collect(const json& value, const std::string& around, active_paths& into) {
    auto inside = [&](const std::string& key) { return around.empty() ? key : around + '.' + key; };
    if (value.is_string()) {
        into.all.push_back(inside(value.get_ref<const std::string&>()));
        into.leaves.push_back(into.all.back());
        return true;
    }
    if (!value.is_object()) return false;
    if (value.empty()) into.leaves.push_back(around);
    for (const auto& [key, part] : value.items()) {
        auto path = inside(key);
        into.all.push_back(path);
        if (!collect(part, path, into)) return false;
    }
    return true;
}

/// One machine on its way from one version to another. Each part of a snapshot has a function here that says
/// what becomes of it: what is added to snapshots and belongs to a state or an actor finds its new name by
/// `state_id_now` and `actor_id_now`, and goes where they are empty.
class migration {
public:
    migration(const compiled_machine& machine, const former_machine& from, utc_time stopped, utc_time now)
        : machine_(machine),
          from_(from),
          stopped_(stopped),
          now_(now),
          steps_(migration_chain(machine, from.version)) {}

    /// Empty, or why there is no way.
    std::string run() {
        if (steps_.empty())
            return "no migration leads from version " + std::to_string(from_.version) + " to " +
                   std::to_string(machine_.version);
        auto parsed = parse_json(from_.snapshot, stored_limits);
        if (!parsed || !parsed.value.is_object()) return "the stored state can't be read";
        stored_ = std::move(parsed.value);
        for (auto part : {&migration::standing, &migration::states, &migration::context, &migration::history,
                          &migration::skills, &migration::timers})
            if (auto why = (this->*part)(); !why.empty()) return why;
        actors();
        return {};
    }

    migrated_machine take() && { return std::move(made_); }

private:
    bool is_active(state_index which) const { return std::ranges::binary_search(active_, which); }
    bool goes_on(state_index which) const { return is_active(which) && stayed_.contains(which); }
    bool has_begun_now(state_index which) const { return is_active(which) && !stayed_.contains(which); }

    std::string has_no_place(std::string_view what, std::string_view path) const {
        return std::string(what) + ' ' + in_quotes(path) + " has no place in version " +
               std::to_string(machine_.version);
    }

    std::string standing() {
        auto status = stored_.value("status", json());
        if (status != "active" && status != "done") return "the stored state can't be read";
        if (status == "done") made_.next.standing = snapshot::status::done;
        made_.next.output = stored_.value("output", json());
        return {};
    }

    std::string states() {
        active_paths former;
        if (!collect(stored_.value("value", json()), {}, former)) return "the stored state can't be read";
        std::vector<state_index> now;
        for (const auto& path : former.leaves) {
            now.push_back(machine_.find_path(follow(steps_, path).path));
            if (now.back() == no_state || machine_.states[now.back()].is_history())
                return has_no_place("the state", path);
        }
        std::pair<state_index, state_index> rivals;
        auto leaves = complete(machine_, now, rivals);
        if (!leaves)
            return "the states " + in_quotes(machine_.states[rivals.first].path) + " and " +
                   in_quotes(machine_.states[rivals.second].path) + " can't be active at a time in version " +
                   std::to_string(machine_.version);
        made_.next.states = std::move(*leaves);
        bool ends = has_ended(machine_, made_.next.states);
        if (ends && made_.next.standing == snapshot::status::active)
            return "a session that goes on would come to the end of the machine";
        note_what_stayed(former.all);
        return {};
    }

    void note_what_stayed(const std::vector<std::string>& former) {
        std::set<state_index> active;
        for (auto leaf : made_.next.states)
            for (auto s = leaf; s != no_state; s = machine_.states[s].parent)
                active.insert(s);
        active_.assign(active.begin(), active.end());
        stayed_.insert(0);
        for (const auto& path : former) {
            auto end = follow(steps_, path);
            if (end.what == fate::stays) stayed_.insert(machine_.find_path(end.path));
        }
    }

    std::string context() {
        auto stored = stored_.find("context");
        if (stored == stored_.end() || !stored->is_object()) return "the stored state can't be read";
        auto upgraded = upgraded_context(machine_, steps_, *stored);
        if (auto* why = std::get_if<std::string>(&upgraded)) return std::move(*why);
        made_.next.context = std::get<context::context_value>(std::move(upgraded));
        return {};
    }

    /// A history state must be found again, so that what leads to it still does; what it remembers need not.
    std::string history() {
        auto stored = stored_.find("history");
        if (stored == stored_.end()) return {};
        if (!stored->is_object()) return "the stored state can't be read";
        for (const auto& [path, inside] : stored->items()) {
            auto end = follow(steps_, path);
            if (end.what == fate::ends) continue;
            auto memory = machine_.find_path(end.path);
            if (memory == no_state || !machine_.states[memory].is_history())
                return has_no_place("the history state", path);
            auto remembered = recall(memory, inside);
            if (remembered.empty() || is_remembered(memory)) continue;
            made_.next.history.emplace_back(memory, std::move(remembered));
        }
        return {};
    }

    bool is_remembered(state_index memory) const {
        return std::ranges::any_of(made_.next.history, [&](const auto& one) { return one.first == memory; });
    }

    /// What a history state remembers, in states of now; empty when one of them is none any more.
    std::vector<state_index> recall(state_index memory, const json& stored) const {
        std::set<state_index> found;
        auto around = machine_.states[memory].parent;
        for (const auto& path : stored) {
            auto which = path.is_string()
                             ? machine_.find_path(follow(steps_, path.get_ref<const std::string&>()).path)
                             : no_state;
            if (which == no_state || which == around || !machine_.is_within(which, around) ||
                machine_.states[which].is_history())
                return {};
            if (machine_.states[memory].kind == state_kind::deep_history) {
                auto leaves = leaves_by_default(machine_, which);
                found.insert(leaves.begin(), leaves.end());
            } else {
                while (machine_.states[which].parent != around)
                    which = machine_.states[which].parent;
                found.insert(which);
            }
        }
        std::vector<state_index> all(found.begin(), found.end());
        for (std::size_t i = 1; i < all.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (!machine_.are_together(all[i], all[j])) return {};
        return all;
    }

    /// The state that had this id, by its id of now; empty when it has gone. An id of a state's own is the
    /// same in every version, one that was made from the state's path changes with that.
    std::string state_id_now(std::string_view id) const {
        auto root = machine_.id + '.';
        if (!id.starts_with(root)) return std::string(id);
        auto end = follow(steps_, id.substr(root.size()));
        if (end.what == fate::ends) return {};
        auto which = machine_.find_path(end.path);
        return which == no_state ? std::string(id) : machine_.states[which].id;
    }

    /// The same for an actor, whose id was made from its state's where it has none of its own.
    std::string actor_id_now(std::string_view id) const {
        auto number = number_in_front(id);
        if (!number) return std::string(id);
        auto state = state_id_now(id.substr(number->size()));
        return state.empty() ? state : std::string(*number) + state;
    }

    /// An actor goes on where its state does and still invokes it. One of the same name that comes from
    /// elsewhere now is begun in its place.
    bool is_still_wanted(const running_actor& now) {
        for (auto which : active_)
            for (const auto& one : machine_.states[which].invokes) {
                if (one.id != now.id || !goes_on(which)) continue;
                if (one.source == now.source) {
                    kept_.insert(one.id);
                    return true;
                }
                replaced_.insert(one.id);
            }
        unplaced_.insert(now.source);
        return false;
    }

    /// Whether it takes the place of one that has gone: a state that stays invokes it, and something of its
    /// source, known by another id, has found no place any more.
    bool takes_a_place(const invocation& one) const {
        return replaced_.contains(one.id) || (!kept_.contains(one.id) && unplaced_.contains(one.source));
    }

    std::string skills() {
        auto runs = stored_.value("skill_runs", json(0U));
        if (!runs.is_number_unsigned()) return "the stored state can't be read";
        made_.next.skill_runs = runs;
        auto stored = stored_.find("skills");
        if (stored == stored_.end()) return {};
        if (!stored->is_array()) return "the stored state can't be read";
        bool ended = made_.next.standing == snapshot::status::done;
        for (const auto& entry : *stored) {
            auto one = restore_skill(entry);
            if (!one) return "the stored state can't be read";
            one->actor = actor_id_now(one->actor);
            bool is_first = std::ranges::find(made_.next.skills, one->actor, &running_skill::actor) ==
                            made_.next.skills.end();
            if (!ended && is_first && is_still_wanted({one->actor, skill_source(one->name)}))
                made_.next.skills.push_back(std::move(*one));
        }
        return {};
    }

    /// Whether a skill that goes on waits for what has this name.
    bool is_skills_work(std::string_view name) const {
        return std::ranges::any_of(made_.next.skills, [&](const running_skill& one) {
            return name == one.work_id() || name == one.timer_id();
        });
    }

    std::string timers() {
        std::vector<timer> former;
        if (!read_timers(stored_, former)) return "the stored state can't be read";
        if (made_.next.standing == snapshot::status::done) return {};
        for (auto& one : former)
            if (keep(one) && !made_.next.find_timer(one.id)) made_.next.timers.push_back(std::move(one));
        if (stopped_ < now_) resume_timers(made_.next, stopped_, now_);
        for (auto which : active_) {
            auto changed = changed_.find(which);
            if (has_begun_now(which))
                begin_delays(which, milliseconds(-1));
            else if (changed != changed_.end())
                begin_delays(which, changed->second);
            else if (unowned_ && !has_delay_running(which))
                begin_delays(which, *unowned_);
        }
        if (made_.next.timers.size() > max_timers) return "more than 256 timers would run";
        return {};
    }

    /// Gives the timer its name of now. False when nobody waits for it any more.
    bool keep(timer& one) {
        static const std::string done = actor_done_event({});
        if (one.id.starts_with(after)) return keep_delay(one);
        if (one.id.starts_with(skill_work_prefix)) return is_skills_work(one.id);
        if (!one.id.starts_with(done)) return true; // the machine's own business, wherever it is
        auto actor = actor_id_now(std::string_view(one.id).substr(done.size()));
        if (!is_still_wanted({actor, std::string(waiting_actor)})) return false;
        one.id = one.event = actor_done_event(actor);
        return true;
    }

    bool keep_delay(timer& one) {
        auto rest = std::string_view(one.id).substr(after.size());
        auto delay = number_in_front(rest);
        if (!delay) return true;
        auto state = state_id_now(rest.substr(delay->size()));
        auto owner = std::ranges::find_if(
            active_, [&](state_index which) { return goes_on(which) && machine_.states[which].id == state; });
        if (owner == active_.end()) {
            if (!state.empty()) unowned_ = std::max(unowned_.value_or(milliseconds(0)), time_run(one));
            return false;
        }
        auto id = std::string(after) + std::string(*delay) + state;
        const auto& delays = machine_.states[*owner].after;
        if (std::ranges::find(delays, id, &delayed::event) == delays.end()) {
            changed_[*owner] = std::max(changed_[*owner], time_run(one));
            return false;
        }
        one.id = one.event = id;
        return true;
    }

    /// How long a timer has run: what its state's others have done by then they are not to do once more.
    milliseconds time_run(const timer& one) const {
        return std::max(one.length - (one.due - std::min(stopped_, now_)), milliseconds(0));
    }

    bool has_delay_running(state_index which) const {
        return std::ranges::any_of(machine_.states[which].after, [&](const delayed& one) {
            return made_.next.find_timer(one.event) != nullptr;
        });
    }

    void begin_delays(state_index which, milliseconds longer_than) {
        for (const auto& delay : machine_.states[which].after)
            if (delay.delay > longer_than && !made_.next.find_timer(delay.event))
                made_.next.timers.push_back({delay.event, delay.event, json::object(), now_ + delay.delay,
                                             delay.delay, delay.policy});
    }

    void actors() {
        bool ended = made_.next.standing == snapshot::status::done;
        for (const auto& one : from_.actors) {
            if (one.id.starts_with(skill_work_prefix)) {
                made_.actors.push_back(is_skills_work(one.id) ? one.id : std::string());
                continue;
            }
            auto id = actor_id_now(one.id);
            bool wanted = !ended && is_still_wanted({id, one.source});
            made_.actors.push_back(wanted ? std::move(id) : std::string());
        }
        if (ended) return;
        for (auto which : active_)
            for (const auto& one : machine_.states[which].invokes)
                if (has_begun_now(which) || takes_a_place(one)) made_.beginning.push_back(one.id);
    }

    const compiled_machine& machine_;
    const former_machine& from_;
    utc_time stopped_;
    utc_time now_;
    migration_steps steps_;
    json stored_;
    migrated_machine made_;
    std::vector<state_index> active_;             // states of now, in the document's order
    std::set<state_index> stayed_;                // that the machine was in before, whatever their names
    std::map<state_index, milliseconds> changed_; // of those, whose timer has a delay that is none any more,
                                                  // and how long it has run
    std::optional<milliseconds> unowned_;         // the same of a timer whose state has another id now
    std::set<std::string> kept_;                  // actors that go on
    std::set<std::string> unplaced_;              // sources of those that don't
    std::set<std::string> replaced_;              // actors of those that come from elsewhere now
};

} // namespace

std::variant<migrated_machine, std::string> migrate(const definition& to, const former_machine& from,
                                                    utc_time stopped, utc_time now) {
    migration way(to.tables(), from, stopped, now);
    if (auto why = way.run(); !why.empty()) return why;
    return std::move(way).take();
}

std::string stored_state_path(std::string_view snapshot) {
    auto parsed = parse_json(snapshot, stored_limits);
    active_paths active;
    if (!parsed || !parsed.value.is_object() || !collect(parsed.value.value("value", json()), {}, active))
        return {};
    std::string path;
    for (const auto& leaf : active.leaves)
        path += (path.empty() ? "" : " | ") + leaf;
    return path;
}

std::variant<context::context_value, std::string> upgrade_context(const definition& to, std::int64_t from,
                                                                  const json& context) {
    return upgraded_context(to.tables(), migration_chain(to.tables(), from), context);
}

} // namespace rejoinder::statemachine
