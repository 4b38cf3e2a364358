#pragma once

#include "service/settings.hpp"
#include "tests/simulation/counter_machine.hpp"
#include "tests/simulation/simulated_database.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::tests::simulation {

/// How one simulation goes; everything else comes from its seed.
struct plan {
    std::size_t nodes = 2;
    std::size_t devices = 3;
    int storms = 2;
    milliseconds storm_length{8'000};

    unsigned upgraded = 400; ///< of a thousand seeds, those in which the servers get newer machines

    // What a test switches off, or on, to see that it is missed.
    flaw lost = flaw::none; ///< with each newer version of the machine
    service::interlocks interlocks;
    simulated_database::rules store;
};

/// What came of it.
struct verdict {
    std::vector<std::string> problems; ///< empty: every promise was kept
    std::uint64_t hash = 0;            ///< of everything that happened, in order
    std::uint64_t lines = 0;           ///< of the trace
    std::string trace;                 ///< its latest lines
    std::uint64_t turns = 0;           ///< that were taken
    std::uint64_t cancelled = 0;       ///< turns that nobody wanted any more
    std::uint64_t asked = 0;           ///< questions to the responder
    std::uint64_t crashes = 0;
    std::uint64_t loans = 0;      ///< of a node's store to a command
    std::uint64_t jumps = 0;      ///< of the wall clock
    std::uint64_t migrations = 0; ///< of sessions, to a newer version of their machine
};

/// Servers, devices and a store, with the server's own code, in one thread and in virtual time, through
/// storms in which wires are cut, nodes crash, are drained and lend their store to commands, the store
/// refuses, the responder fails and the wall clock jumps, all servers end and come back with a newer version
/// of the machine under their sessions, and through calms. In a calm every device gets its
/// answers, and its next turn is answered within one virtual second. The same seed and plan give the same, to
/// the byte.
verdict simulate(std::uint64_t seed, const plan& how = {});

} // namespace rejoinder::tests::simulation
