#pragma once

#include "statemachine/definition.hpp"

#include <string>
#include <string_view>

namespace rejoinder::statemachine {

/// What was found about a machine's file, for people: a line for each problem, `FILE: error at /states/x/on:
/// message`, and, when none is an error, one that says what the file holds. Every line ends in a newline.
std::string describe(std::string_view file, const load_outcome& outcome);

/// The same for programs: {"file", "machine"?: {"id", "version", "hash", "states"}, "problems": [{"severity",
/// "pointer", "message"}]}.
json describe_json(std::string_view file, const load_outcome& outcome);

} // namespace rejoinder::statemachine
