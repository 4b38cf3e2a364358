#pragma once

#include "persistence/time.hpp"

namespace rejoinder::tests::simulation {

/// How bad things are at the moment. In a calm nothing fails, and everything takes a little time.
struct weather {
    milliseconds network_delay{3}; ///< of a chunk of bytes, at most
    milliseconds store_delay{3};   ///< to the store and back, each at most

    // Of a thousand operations of a store.
    unsigned refused = 0; ///< not carried out, and said so
    unsigned unknown = 0; ///< commits that are carried out or not, and nobody can tell

    static weather storm() { return {milliseconds(40), milliseconds(60), 30, 30}; }
};

} // namespace rejoinder::tests::simulation
