#pragma once

#include "statemachine/definition.hpp"
#include "statemachine/place.hpp"
#include "statemachine/reference.hpp"
#include "statemachine/tables.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

/// What everybody who compiles a part of a document shares: the problems found so far, the outside values
/// that the parts read, and the states, which stand before the first guard or action is compiled.
class compilation {
public:
    void error(const place& at, std::string message);
    void warning(const place& at, std::string message);
    void error_at(std::string pointer, std::string message);

    /// Notes that the machine reads there.
    void reads(const reference& where);

    /// Members that the object should not have, each an error with the nearest known name. Names that begin
    /// with `$` or `x-` belong to editors and pass.
    void check_members(const place& object, std::span<const std::string_view> known);
    void check_members(const place& object, std::initializer_list<std::string_view> known);

    /// The state that a text names: a dotted path below the root, or `#id` with a dotted path behind it.
    state_index find_state(std::string_view name) const;
    state_index find_child(state_index of, std::string_view dotted_path) const;

    /// The text of the file of that name beside the document; nothing, and a problem, when there is none.
    /// What is wrong in the text is told at the file's own place.
    std::optional<place> find_file(const place& name);

    bool has_errors() const noexcept;

    /// Counts what the tables hold of routes; more than a million states to enter are an error, told once.
    void count_entries(const place& at, std::size_t count);

    compiled_machine machine;
    std::map<std::string, state_index, std::less<>> ids; // of states
    std::vector<problem> problems;
    std::set<std::string> outside_paths;
    std::set<reference::root> roots; // that what was compiled so far reads from
    std::optional<place> files;      // texts beside the document, by name

private:
    std::size_t entries_ = 0;
};

/// Whether a member belongs to an editor: it means nothing to the machine and is no part of its hash.
bool is_editors_own(std::string_view member) noexcept;

/// " Did you mean 'x'?" with the nearest of the known names, or nothing when none is near.
std::string suggest(std::string_view wrong, std::span<const std::string_view> known);

} // namespace rejoinder::statemachine
