#pragma once

#include "persistence/database.hpp"
#include "tests/simulation/device.hpp"

#include <string>
#include <vector>

namespace rejoinder::tests::simulation {

/// What is wrong with the stored history of a device's session, compared with what the device was shown and
/// told. Empty: every event that was shown is stored as it was shown, numbers have no gap, every turn that
/// was answered was taken once, none that was rejected was taken, and none twice; each timer fired once and
/// not early.
task<std::vector<std::string>> compare_with_history(persistence::database* store, const device* who);

} // namespace rejoinder::tests::simulation
