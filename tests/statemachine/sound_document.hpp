#pragma once

#include "tests/statemachine/running_machine.hpp"

#include <string>
#include <utility>

namespace rejoinder::tests {

/// A small machine without problems; a case puts one thing in and names what is to be found.
inline const json sound =
    json::parse(R"({"id": "m", "version": 1, "initial": "a", "context": {"n": 0}, "states": {
    "a": {"initial": "b", "on": {"go": "z"}, "states": {"b": {"on": {"x": "c"}}, "c": {"on": {"x": "b"}}}},
    "z": {"type": "final"}}})");

/// An action or a guard with its parameters.
inline json call(std::string type, json params) {
    return {{"type", std::move(type)}, {"params", std::move(params)}};
}

} // namespace rejoinder::tests
