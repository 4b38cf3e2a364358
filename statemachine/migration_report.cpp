#include "statemachine/migration_report.hpp"

#include "statemachine/configuration.hpp"
#include "statemachine/migration.hpp"
#include "statemachine/migration_path.hpp"
#include "statemachine/tables.hpp"

#include <utility>

namespace rejoinder::statemachine {
namespace {

/// Pairs of states are looked at up to this many states; a machine with more of them is hardly one of a
/// person's.
constexpr std::size_t most_in_pairs = 2000;

std::string obstacle_between(const definition& older, const definition& newer) {
    if (older.id() != newer.id())
        return "they are different machines, '" + newer.id() + "' and '" + older.id() + "'";
    if (older.version() > newer.version()) return "sessions of a later version do not go back";
    if (older.version() == newer.version() && older.hash() != newer.hash())
        return "they are of one version and differ; sessions are refused until 'version' is raised";
    bool leads =
        newer.version() == older.version() || !migration_chain(newer.tables(), older.version()).empty();
    if (!leads && newer.migration() == migration_policy::migrate)
        return "no migration leads from version " + std::to_string(older.version()) + " to " +
               std::to_string(newer.version());
    return {};
}

/// Looks for states of the older version without a way.
class state_review {
public:
    state_review(const compiled_machine& older, const compiled_machine& newer)
        : older_(older), newer_(newer), steps_(migration_chain(newer, older.version)) {}

    std::vector<migration_review::stranded> run() {
        for (state_index i = 1; i < older_.states.size(); ++i)
            look_at(i);
        if (alive_.size() > most_in_pairs) return std::move(found_);
        for (std::size_t i = 1; i < alive_.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                look_at(alive_[j], alive_[i]);
        return std::move(found_);
    }

private:
    void look_at(state_index which) {
        const auto& state = older_.states[which];
        if (!state.is_leaf() && !state.is_history()) return;
        auto end = follow(steps_, state.path);
        auto now = newer_.find_path(end.path);
        bool forgotten = state.is_history() && end.what == followed_path::fate::ends;
        if (forgotten) return;
        if (now == no_state || newer_.states[now].is_history() != state.is_history())
            return strand(state.path, "there is no state '" + end.path + "' of its kind any more");
        if (state.is_history()) return;
        if (!ends(older_, which) && ends(newer_, now))
            return strand(state.path, "the machine would come to its end there");
        alive_.push_back(which);
    }

    /// Two states that are active at a time.
    void look_at(state_index a, state_index b) {
        if (!older_.are_together(a, b)) return;
        auto now = std::vector{newer_.find_path(follow(steps_, older_.states[a].path).path),
                               newer_.find_path(follow(steps_, older_.states[b].path).path)};
        std::pair<state_index, state_index> rivals;
        if (!complete(newer_, now, rivals))
            strand(older_.states[a].path + " | " + older_.states[b].path,
                   "the states that they lead to can't be active at a time");
    }

    /// Whether the machine has ended when it is in that state alone.
    static bool ends(const compiled_machine& machine, state_index which) {
        return machine.states[which].kind == state_kind::final && machine.states[which].parent == 0 &&
               machine.states[0].kind == state_kind::compound;
    }

    void strand(std::string path, std::string why) { found_.push_back({std::move(path), std::move(why)}); }

    const compiled_machine& older_;
    const compiled_machine& newer_;
    migration_steps steps_;
    std::vector<state_index> alive_;
    std::vector<migration_review::stranded> found_;
};

void review_context(const json& before, const json& after, migration_review& into) {
    for (const auto& [name, value] : after.items())
        if (!before.contains(name))
            into.added.push_back(name);
        else if (before[name] != value)
            into.changed.push_back(name);
    for (const auto& [name, ignored] : before.items())
        if (!after.contains(name)) into.removed.push_back(name);
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "'" : ", '") + name + '\'';
    return text;
}

std::string closing(const migration_review& what) {
    auto version = std::to_string(what.from);
    if (what.from == what.to) return "sessions of version " + version + " go on as they are";
    switch (what.policy) {
    case migration_policy::pin:
        return "sessions of version " + version + " stay with it as long as its file is kept";
    case migration_policy::restart:
        return "sessions of version " + version + " begin anew";
    case migration_policy::migrate:
        break;
    }
    return "sessions of version " + version + " go over to version " + std::to_string(what.to);
}

} // namespace

bool migration_review::passed() const noexcept {
    return obstacle.empty() && (policy != migration_policy::migrate || states.empty());
}

migration_review review_migration(const definition& older, const definition& newer) {
    migration_review made{older.version(), newer.version(), newer.migration(), {}, {}, {}, {}, {}};
    made.obstacle = obstacle_between(older, newer);
    const auto& was = older.tables();
    const auto& is = newer.tables();
    bool goes_over = made.obstacle.empty() && made.policy == migration_policy::migrate &&
                     !migration_chain(is, was.version).empty();
    if (!goes_over) return made;
    made.states = state_review(was, is).run();
    auto before = parse_json(was.context, stored_limits).value;
    auto upgraded = upgrade_context(newer, older.version(), before);
    if (auto* why = std::get_if<std::string>(&upgraded))
        made.obstacle = std::move(*why);
    else
        review_context(before, std::get<context::context_value>(upgraded).to_json(), made);
    return made;
}

std::string describe(std::string_view newer_file, std::string_view older_file, const migration_review& what) {
    auto beginning = std::string(newer_file) + " against " + std::string(older_file) + ": ";
    std::string text;
    if (!what.obstacle.empty()) text += beginning + what.obstacle + '\n';
    for (const auto& one : what.states)
        text += beginning + "no way from the state '" + one.path + "': " + one.why + '\n';
    for (const auto& [names, verb] :
         {std::pair(&what.added, " begin with what the new version says"),
          std::pair(&what.removed, " are removed"), std::pair(&what.changed, " are changed")})
        if (!names->empty()) text += beginning + "of the context, " + listed(*names) + verb + '\n';
    if (what.passed()) text += beginning + closing(what) + '\n';
    return text;
}

json describe_json(std::string_view older_file, const migration_review& what) {
    json report{{"file", older_file},
                {"from", what.from},
                {"to", what.to},
                {"policy", to_string(what.policy)},
                {"passed", what.passed()},
                {"states", json::array()},
                {"context", {{"added", what.added}, {"removed", what.removed}, {"changed", what.changed}}}};
    if (!what.obstacle.empty()) report["obstacle"] = what.obstacle;
    for (const auto& one : what.states)
        report["states"].push_back({{"path", one.path}, {"why", one.why}});
    return report;
}

} // namespace rejoinder::statemachine
