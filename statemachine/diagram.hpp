#pragma once

#include "statemachine/interpreter.hpp"

#include <string>
#include <string_view>

namespace rejoinder::statemachine {

enum class diagram_format {
    mermaid, ///< a `stateDiagram-v2` for Markdown; it can't tell states of the same look in two regions apart
    dot      ///< for Graphviz
};

/// The states and transitions of a machine as a text to be drawn. `document` is what the machine was loaded
/// from, and tells what guards and actors are called. The states of `current`, where given, stand out.
std::string draw(const definition& machine, const ordered_json& document, diagram_format how,
                 const snapshot* current = nullptr);

/// Makes the state of that dotted path, as `state_path` gives it, one of the active ones. Empty, or a
/// sentence that says which states there are.
std::string activate(const definition& machine, std::string_view path, snapshot& in);

} // namespace rejoinder::statemachine
