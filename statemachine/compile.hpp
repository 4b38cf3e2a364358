#pragma once

#include "statemachine/compilation.hpp"

#include <string>

namespace rejoinder::statemachine {

/// The whole document into tables and problems. The tables are of use only when no problem is an error.
void compile_machine(const ordered_json& document, compilation& into);

/// SHA-256 over the document as one canonical line of JSON: members in the order of their names, without what
/// changes nothing (`description`, and members of editors, `$...` and `x-...`, of the machine, its states and
/// transitions), and behind it the order of the regions of parallel states. What a machine says and stores
/// (`params`, `context`, `output`, `meta`) counts in full, but for how sessions of older versions go on
/// (`migrations`, `meta.migration`).
std::string structure_hash(const ordered_json& document, const compiled_machine& machine);

} // namespace rejoinder::statemachine
