#include "statemachine/diagram.hpp"

#include "statemachine/tables.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace rejoinder::statemachine {
namespace {

/// A text in quotes, with what stands for a quote in it.
std::string in_quotes(std::string_view text, std::string_view quote) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"')
            out += quote;
        else
            out += c == '\n' || c == '\\' ? ' ' : c;
    }
    return out + '"';
}

/// An arrow, from a state to another or, without a target, to itself.
struct arrow {
    state_index from;
    state_index to;
    std::string label;
};

/// What both languages draw, worked out once.
class picture {
public:
    picture(const compiled_machine& machine, const ordered_json& document, const snapshot* current)
        : machine_(machine), document_(document) {
        if (current)
            for (auto leaf : current->states)
                for (auto s = leaf; s != no_state; s = machine.states[s].parent)
                    active_.insert(s);
        for (state_index i = 0; i < machine.states.size(); ++i)
            add_arrows(i);
    }

    const compiled_machine& machine() const noexcept { return machine_; }
    const std::vector<arrow>& arrows() const noexcept { return arrows_; }
    bool is_active(state_index which) const { return active_.contains(which); }

    static std::string name(state_index which) { return "s" + std::to_string(which); }

    /// The key, with what the state invokes.
    std::string label(state_index which) const {
        const auto& state = machine_.states[which];
        if (state.kind == state_kind::shallow_history) return state.key + " (H)";
        if (state.kind == state_kind::deep_history) return state.key + " (H*)";
        auto label = state.key;
        for (const auto& actor : state.invokes)
            label += " [" + actor.source + "]";
        return label;
    }

private:
    void add_arrows(state_index from) {
        const auto& state = machine_.states[from];
        for (const auto& handler : state.handlers)
            for (const auto& one : handler.candidates)
                add(from, one, describe(handler));
        for (const auto& one : state.always)
            add(from, one, "always");
        for (auto target : state.fallback)
            arrows_.push_back({from, target, "at first"});
    }

    void add(state_index from, const transition& what, std::string label) {
        if (auto guard = guard_of(what); !guard.empty()) label += " [" + guard + "]";
        if (what.targets.empty()) arrows_.push_back({from, from, label});
        for (auto target : what.targets)
            arrows_.push_back({from, target, label});
    }

    std::string describe(const handler& of) const {
        static constexpr std::string_view after = "xstate.after.";
        static constexpr std::string_view done = "xstate.done.";
        static constexpr std::string_view failed = "xstate.error.";
        if (of.how == handler::kind::any) return "*";
        if (of.how == handler::kind::prefix) return of.descriptor + ".*";
        if (of.descriptor.starts_with(after)) {
            auto delay = of.descriptor.substr(after.size());
            return "after " + delay.substr(0, delay.find('.')) + " ms";
        }
        if (of.descriptor.starts_with(done)) return "done";
        if (of.descriptor.starts_with(failed)) return "failed";
        return of.descriptor;
    }

    /// What the document calls the transition's guard.
    std::string guard_of(const transition& what) const {
        if (!what.when.holds) return {};
        auto at = ordered_json::json_pointer(what.when.pointer);
        if (!document_.contains(at)) return {};
        const auto& guard = document_.at(at);
        if (guard.is_string()) return guard.get<std::string>();
        return guard.is_object() ? guard.value("type", "") : "";
    }

    const compiled_machine& machine_;
    const ordered_json& document_;
    std::vector<arrow> arrows_;
    std::set<state_index> active_;
};

class mermaid_writer {
public:
    explicit mermaid_writer(const picture& what) : what_(what) {}

    std::string write() {
        text_ = "stateDiagram-v2\n";
        line(1, "state " + in_quotes(what_.machine().id) + " as " + picture::name(0) + " {");
        inside(0, 2);
        line(1, "}");
        for (const auto& one : what_.arrows())
            line(1, picture::name(one.from) + " --> " + picture::name(one.to) + " : " +
                        without_colons(one.label));
        line(1, "classDef current font-weight:bold,stroke-width:3px");
        for (state_index i = 1; i < what_.machine().states.size(); ++i)
            if (what_.is_active(i)) line(1, "class " + picture::name(i) + " current");
        return std::move(text_);
    }

private:
    static std::string in_quotes(std::string_view text) { return statemachine::in_quotes(text, "#quot;"); }

    void inside(state_index of, int depth) {
        const auto& state = what_.machine().states[of];
        bool is_parallel = state.kind == state_kind::parallel;
        if (state.kind == state_kind::compound) line(depth, "[*] --> " + picture::name(state.initial));
        for (std::size_t i = 0; i < state.children.size(); ++i) {
            if (is_parallel && i > 0) line(depth, "--");
            add(state.children[i], depth);
        }
        for (auto memory : state.memories)
            add(memory, depth);
    }

    void add(state_index which, int depth) {
        const auto& state = what_.machine().states[which];
        auto begin = "state " + in_quotes(what_.label(which)) + " as " + picture::name(which);
        bool has_inside = !state.is_leaf() && !state.is_history();
        line(depth, has_inside ? begin + " {" : begin);
        if (has_inside) {
            inside(which, depth + 1);
            line(depth, "}");
        }
        if (state.kind == state_kind::final) line(depth, picture::name(which) + " --> [*]");
    }

    /// A colon would begin another label.
    static std::string without_colons(std::string text) {
        for (auto& c : text)
            if (c == ':' || c == ';' || c == '\n') c = ' ';
        return text;
    }

    void line(int depth, const std::string& what) {
        text_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + what + '\n';
    }

    const picture& what_;
    std::string text_;
};

class dot_writer {
public:
    explicit dot_writer(const picture& what) : what_(what) {}

    std::string write() {
        text_ = "digraph " + in_quotes(what_.machine().id) + " {\n";
        line(1, "compound=true; rankdir=LR; node [shape=box, style=rounded]; fontname=\"sans-serif\"");
        inside(0, 1);
        for (const auto& one : what_.arrows()) {
            auto drawn = anchor(one.from) + " -> " + anchor(one.to) + " [label=" + in_quotes(one.label);
            if (is_cluster(one.from)) drawn += ", ltail=cluster_" + picture::name(one.from);
            if (is_cluster(one.to)) drawn += ", lhead=cluster_" + picture::name(one.to);
            line(1, drawn + "]");
        }
        text_ += "}\n";
        return std::move(text_);
    }

private:
    static std::string in_quotes(std::string_view text) { return statemachine::in_quotes(text, "\\\""); }

    bool is_cluster(state_index which) const {
        const auto& state = what_.machine().states[which];
        return which != 0 && !state.is_leaf() && !state.is_history();
    }

    /// Edges go between nodes: of a state with states inside, to the point where it begins.
    std::string anchor(state_index which) const {
        const auto& state = what_.machine().states[which];
        return (state.is_leaf() || state.is_history() ? "" : "begin_") + picture::name(which);
    }

    void inside(state_index of, int depth) {
        const auto& state = what_.machine().states[of];
        line(depth, "begin_" + picture::name(of) + " [shape=point]");
        for (const auto* among : {&state.children, &state.memories})
            for (auto child : *among)
                add(child, depth);
        const auto begins = state.kind == state_kind::compound ? std::vector{state.initial} : state.children;
        for (auto first : begins)
            line(depth, "begin_" + picture::name(of) + " -> " + anchor(first) + " [style=dashed]");
    }

    void add(state_index which, int depth) {
        const auto& state = what_.machine().states[which];
        auto width = what_.is_active(which) ? std::string(", penwidth=3") : std::string();
        if (!is_cluster(which)) {
            std::string shape = state.is_history()                ? ", shape=circle"
                                : state.kind == state_kind::final ? ", peripheries=2"
                                                                  : "";
            line(depth,
                 picture::name(which) + " [label=" + in_quotes(what_.label(which)) + shape + width + "]");
            return;
        }
        line(depth, "subgraph cluster_" + picture::name(which) + " {");
        std::string style =
            what_.machine().states[state.parent].kind == state_kind::parallel ? "dashed" : "rounded";
        line(depth + 1, "label=" + in_quotes(what_.label(which)) + "; style=" + style +
                            (what_.is_active(which) ? "; penwidth=3" : ""));
        inside(which, depth + 1);
        line(depth, "}");
    }

    void line(int depth, const std::string& what) {
        text_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + what + '\n';
    }

    const picture& what_;
    std::string text_;
};

} // namespace

std::string draw(const definition& machine, const ordered_json& document, diagram_format how,
                 const snapshot* current) {
    picture what(machine.tables(), document, current);
    return how == diagram_format::mermaid ? mermaid_writer(what).write() : dot_writer(what).write();
}

std::string activate(const definition& machine, std::string_view path, snapshot& in) {
    const auto& states = machine.tables().states;
    auto found = std::ranges::find(states, path, [](const state& one) { return std::string_view(one.path); });
    if (found != states.end() && !path.empty()) {
        in.states.push_back(static_cast<state_index>(found - states.begin()));
        return {};
    }
    std::string all;
    for (const auto& one : states)
        if (!one.path.empty() && one.is_leaf()) all += (all.empty() ? "" : ", ") + one.path;
    return "there is no state '" + std::string(path) + "'; there are " + all;
}

} // namespace rejoinder::statemachine
