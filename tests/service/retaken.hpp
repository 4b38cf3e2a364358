#pragma once

#include "service/replay/retake.hpp"
#include "tests/support/catch.hpp"

namespace rejoinder::tests {

/// Makes a recorded session again; where it differs is told beside the next check that fails.
inline service::retake_report retaken(const service::session_recording& what,
                                      const statemachine::definition& machine) {
    auto report = service::retake(what, machine);
    if (report.differs)
        UNSCOPED_INFO(report.differs->what << "\n"
                                           << report.differs->recorded << "\n"
                                           << report.differs->ours);
    return report;
}

} // namespace rejoinder::tests
