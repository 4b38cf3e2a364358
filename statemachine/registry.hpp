#pragma once

#include "statemachine/parameters.hpp"
#include "statemachine/place.hpp"
#include "statemachine/tables.hpp"

#include <span>
#include <string_view>

namespace rejoinder::statemachine {

class compilation;

/// A guard or an action by the name that documents use. `compile` reads the parameters and makes the function
/// that a step calls; it runs once, when the document is loaded.
struct guard_kind {
    std::string_view name;
    guard_function (*compile)(parameters&);
};
struct action_kind {
    std::string_view name;
    action_function (*compile)(parameters&);
    touches what;
};

/// A name that documents of this format use and this version of the program does not run.
struct later_kind {
    std::string_view name;
    std::string_view what;
};

std::span<const guard_kind> guard_kinds();
std::span<const action_kind> action_kinds();
std::span<const later_kind> later_actions();

/// Whether the protocol gives events of that kind a meaning of its own: no machine emits one.
bool is_protocols_own(std::string_view kind);

/// The actors that a state may invoke. One that only waits is a timer, and nobody else's work.
inline constexpr std::string_view waiting_actor = "wait";
inline constexpr std::string_view answering_actor = "responder";
std::span<const std::string_view> actor_names();
bool is_actor(std::string_view name);

/// A guard as a document writes it: a name, or {"type", "params"}.
guard compile_guard(const place& at, compilation& into);

/// One action or an array of them, each a name or {"type", "params"}.
actions compile_actions(const place& at, compilation& into);

} // namespace rejoinder::statemachine
