#include "tests/statemachine/running_machine.hpp"
#include "tests/support/source_folder.hpp"

#include <fstream>

using rejoinder::json;
using rejoinder::tests::running_machine;

namespace {

/// What a recorded step holds, from a machine that has just made it.
json observed(const running_machine& machine) {
    auto stored = json::parse(serialise(machine.machine(), machine.now));
    return {{"value", stored["value"]},
            {"context", stored["context"]},
            {"status", stored["status"]},
            {"log", machine.logged()}};
}

} // namespace

// Each line of the file holds a machine made at random, events, and what XState 5.33.3 (`initialTransition`,
// `transition`) made of them: state value, context, status and the order of the actions.
TEST_CASE("machines go the same ways as in XState, with the same actions in the same order") {
    std::ifstream file(rejoinder::tests::source_folder() + "/tests/statemachine/recorded_by_xstate.ndjson");
    std::size_t count = 0;
    for (std::string line; std::getline(file, line); ++count) {
        auto recorded = json::parse(line);
        running_machine machine(recorded["machine"].dump());
        CHECK(observed(machine) == recorded["steps"][0]);
        for (std::size_t i = 0; i < recorded["events"].size(); ++i) {
            INFO("machine " << count << ", event " << i);
            machine.send(recorded["events"][i]);
            CHECK(observed(machine) == recorded["steps"][i + 1]);
        }
    }
    CHECK(count == 40);
}
