#pragma once

#include "statemachine/compilation.hpp"

namespace rejoinder::statemachine {

/// The steps by which sessions of older versions come to this one: an array of {"from", "to", "rename"?,
/// "drop"?, "context"?}. Checks that every step leads on to this version, and that every state it names as a
/// target is one of it in the end. Needs all states.
void compile_migrations(const place& at, compilation& into);

} // namespace rejoinder::statemachine
