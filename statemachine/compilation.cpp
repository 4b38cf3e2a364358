#include "statemachine/compilation.hpp"

#include "persistence/edit_distance.hpp"

#include <algorithm>

namespace rejoinder::statemachine {
bool is_editors_own(std::string_view member) noexcept {
    return member.starts_with('$') || member.starts_with("x-");
}

std::string suggest(std::string_view wrong, std::span<const std::string_view> known) {
    constexpr std::size_t longest_name = 64;
    if (wrong.size() > longest_name) return {};
    std::string_view nearest;
    auto best = std::max<std::size_t>(1, wrong.size() / 3) + 1;
    for (auto name : known) {
        auto distance = edit_distance(wrong, name);
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    return nearest.empty() ? std::string() : " Did you mean '" + std::string(nearest) + "'?";
}

void compilation::error(const place& at, std::string message) {
    error_at(at.pointer(), std::move(message));
}

void compilation::error_at(std::string pointer, std::string message) {
    problems.push_back({problem::severity::error, std::move(pointer), std::move(message)});
}

void compilation::warning(const place& at, std::string message) {
    problems.push_back({problem::severity::warning, at.pointer(), std::move(message)});
}

void compilation::reads(const reference& where) {
    roots.insert(where.from);
    if (is_outside(where.from)) outside_paths.insert(where.pointer());
}

void compilation::check_members(const place& object, std::span<const std::string_view> known) {
    for (const auto& [name, ignored] : object->items()) {
        if (is_editors_own(name) || std::ranges::find(known, name) != known.end()) continue;
        error(object.member(name), "'" + name + "' is not known here." + suggest(name, known));
    }
}

void compilation::check_members(const place& object, std::initializer_list<std::string_view> known) {
    check_members(object, std::span(known.begin(), known.size()));
}

state_index compilation::find_child(state_index of, std::string_view dotted_path) const {
    while (!dotted_path.empty()) {
        auto end = std::min(dotted_path.find('.'), dotted_path.size());
        auto key = dotted_path.substr(0, end);
        of = machine.find_child(of, key);
        if (of == no_state) return no_state;
        if (end + 1 == dotted_path.size()) return no_state; // a dot with nothing behind it
        dotted_path.remove_prefix(std::min(end + 1, dotted_path.size()));
    }
    return of;
}

std::optional<place> compilation::find_file(const place& name) {
    if (!name->is_string()) {
        error(name, "'file' is the name of a file beside the machine");
        return std::nullopt;
    }
    const auto& wanted = name->get_ref<const std::string&>();
    if (files && files->has(wanted) && files->member(wanted)->is_string()) return files->member(wanted);
    error(name, "there is no file '" + wanted + "' beside the machine");
    return std::nullopt;
}

state_index compilation::find_state(std::string_view name) const {
    if (!name.starts_with('#')) return name.empty() ? no_state : find_child(0, name);
    name.remove_prefix(1);
    // Ids may have dots in them: the longest id that is there wins, what is left is a path below it.
    for (auto end = name.size();; end = name.rfind('.', end - 1)) {
        if (end == std::string_view::npos) return no_state;
        auto found = ids.find(name.substr(0, end));
        if (found != ids.end())
            return end == name.size() ? found->second : find_child(found->second, name.substr(end + 1));
        if (end == 0) return no_state;
    }
}

void compilation::count_entries(const place& at, std::size_t count) {
    static constexpr std::size_t most = 1'000'000;
    bool was_within = entries_ <= most;
    entries_ += count;
    if (was_within && entries_ > most)
        error(at, "the transitions of the machine enter more than a million states, all together");
}

bool compilation::has_errors() const noexcept {
    return std::ranges::any_of(problems,
                               [](const problem& p) { return p.how_bad == problem::severity::error; });
}

} // namespace rejoinder::statemachine
