#include "statemachine/state_tree.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace rejoinder::statemachine {
namespace {

constexpr std::size_t max_states = 10000;
constexpr std::size_t max_name = 128;

constexpr std::array<std::string_view, 17> state_members{
    "id",   "type",   "initial", "states", "on",   "always",  "after",  "invoke",     "entry",
    "exit", "onDone", "output",  "tags",   "meta", "history", "target", "description"};
constexpr std::array<std::string_view, 3> root_members{"version", "context", "migrations"};

class tree_reader {
public:
    explicit tree_reader(compilation& into) : into_(into) {}

    void read(const place& at, std::string key, state_index parent) {
        auto& states = into_.machine.states;
        if (states.size() == max_states) {
            if (!too_many_) into_.error(at, "a machine has at most 10000 states");
            too_many_ = true;
        }
        if (too_many_ || !check_shape(at, parent)) return;

        auto index = static_cast<state_index>(states.size());
        states.push_back(describe(at, std::move(key), parent));
        places_.push_back(at);
        if (parent != no_state) {
            auto& around = states[parent];
            (states[index].is_history() ? around.memories : around.children).push_back(index);
        }
        remember_id(at, index);
        if (at.has("states") && at.member("states")->is_object()) read_children(at.member("states"), index);
        states[index].end = static_cast<state_index>(states.size());
        read_initial(at, index);
    }

    std::vector<place> take_places() && { return std::move(places_); }

private:
    bool check_shape(const place& at, state_index parent) {
        if (!at->is_object()) {
            into_.error(at, "a state is an object");
            return false;
        }
        std::vector<std::string_view> known(state_members.begin(), state_members.end());
        if (parent == no_state) known.insert(known.end(), root_members.begin(), root_members.end());
        into_.check_members(at, known);
        return true;
    }

    state describe(const place& at, std::string key, state_index parent) {
        const auto& machine = into_.machine;
        state made;
        made.key = std::move(key);
        made.pointer = at.pointer();
        made.parent = parent;
        if (parent == no_state) {
            made.id = machine.id;
        } else {
            const auto& above = machine.states[parent].path;
            made.path = above.empty() ? made.key : above + '.' + made.key;
            made.id = at.has("id") ? own_id(at.member("id")) : machine.id + '.' + made.path;
        }
        made.kind = kind_of(at);
        if (parent == no_state && (made.kind == state_kind::final || made.is_history()))
            into_.error(at, "the whole machine cannot be a final or a history state");
        made.tags = tags_of(at);
        return made;
    }

    std::string own_id(const place& at) {
        if (at->is_string() && !at->get_ref<const std::string&>().empty()) return at->get<std::string>();
        into_.error(at, "'id' is a text");
        return {};
    }

    state_kind kind_of(const place& at) {
        bool has_states =
            at.has("states") && at.member("states")->is_object() && !at.member("states")->empty();
        auto natural = has_states ? state_kind::compound : state_kind::atomic;
        if (at.has("states") && !at.member("states")->is_object())
            into_.error(at.member("states"), "'states' is an object of states");
        if (!at.has("type")) return natural;

        auto type_at = at.member("type");
        auto type = type_at->is_string() ? type_at->get<std::string>() : std::string();
        if (type == "final") {
            check_absent(at, "a final state",
                         {"on", "always", "after", "invoke", "states", "initial", "onDone"});
            return state_kind::final;
        }
        if (type == "history") return history_kind_of(at);
        if (type == "parallel") {
            if (!has_states) into_.error(type_at, "a parallel state has states inside");
            return has_states ? state_kind::parallel : natural;
        }
        if (type == "compound" || type == "atomic") {
            if ((type == "compound") != has_states)
                into_.error(type_at, has_states ? "a state with states inside is no atomic one"
                                                : "a compound state has states inside");
            return natural;
        }
        into_.error(type_at, "a state's type is 'atomic', 'compound', 'parallel', 'final' or 'history'");
        return natural;
    }

    state_kind history_kind_of(const place& at) {
        check_absent(at, "a history state",
                     {"on", "always", "after", "invoke", "states", "initial", "onDone", "entry", "exit",
                      "output", "tags"});
        if (!at.has("history")) return state_kind::shallow_history;
        auto depth = at.member("history");
        if (*depth == "deep") return state_kind::deep_history;
        if (*depth != "shallow") into_.error(depth, "'history' is 'shallow' or 'deep'");
        return state_kind::shallow_history;
    }

    void check_absent(const place& at, const std::string& what,
                      std::initializer_list<std::string_view> names) {
        for (auto name : names)
            if (at.has(name)) into_.error(at.member(name), what + " has no '" + std::string(name) + "'");
    }

    std::vector<std::string> tags_of(const place& at) {
        if (!at.has("tags")) return {};
        auto tags = at.member("tags");
        auto is_text = [](const ordered_json& tag) { return tag.is_string(); };
        if (tags->is_string()) return {tags->get<std::string>()};
        if (tags->is_array() && std::ranges::all_of(*tags, is_text))
            return tags->get<std::vector<std::string>>();
        into_.error(tags, "'tags' is a text or an array of texts");
        return {};
    }

    void remember_id(const place& at, state_index index) {
        const auto& id = into_.machine.states[index].id;
        if (id.empty() || into_.ids.emplace(id, index).second) return;
        into_.error(at.has("id") ? at.member("id") : at, "another state has the id '" + id + "' already");
    }

    void read_children(const place& states, state_index parent) {
        for (const auto& [key, ignored] : states->items()) {
            auto child = states.member(key);
            if (key.empty() || key.size() > max_name || key.find_first_of(".#|") != std::string::npos)
                into_.error(child,
                            "a state's name has 1 to 128 bytes, and neither dots nor '#' nor '|' in it");
            else
                read(child, key, parent);
        }
    }

    void read_initial(const place& at, state_index index) {
        auto& own = into_.machine.states[index];
        if (own.kind == state_kind::parallel && own.children.empty())
            into_.error(at, "a parallel state has states inside that are no history states");
        for (auto name : {"history", "target"})
            if (at.has(name) && !own.is_history())
                into_.error(at.member(name), "only a history state has a '" + std::string(name) + "'");
        if (own.kind != state_kind::compound) {
            if (at.has("initial") && own.kind == state_kind::atomic)
                into_.error(at.member("initial"), "a state without states inside has no 'initial'");
            if (at.has("initial") && own.kind == state_kind::parallel)
                into_.error(at.member("initial"),
                            "a parallel state enters all its states: it has no 'initial'");
            return;
        }
        if (!at.has("initial")) {
            into_.error(at,
                        "'initial' is missing: a state with states inside says which one is entered first");
            return;
        }
        auto initial = at.member("initial");
        auto target = initial.has("target") ? initial.member("target") : initial;
        if (initial->is_object()) into_.check_members(initial, {"target", "actions", "description"});
        auto child = target->is_string() ? find_key(index, target->get_ref<const std::string&>()) : no_state;
        if (child == no_state || into_.machine.states[child].is_history())
            into_.error(target, "'initial' names one of the state's own states, and no history state");
        own.initial = child;
    }

    state_index find_key(state_index parent, const std::string& key) const {
        return key.empty() || key.find('.') != std::string::npos ? no_state : into_.find_child(parent, key);
    }

    compilation& into_;
    std::vector<place> places_;
    bool too_many_ = false;
};

} // namespace

std::vector<place> compile_state_tree(const place& root, compilation& into) {
    tree_reader reader(into);
    reader.read(root, into.machine.id, no_state);
    return std::move(reader).take_places();
}

} // namespace rejoinder::statemachine
