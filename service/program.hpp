#pragma once

namespace rejoinder::service {

/// The whole program: reads its arguments, runs one command, returns the exit status. A program of its own
/// installs what its machines use (`statemachine::install`) and calls this.
int run_program(int argc, char** argv);

} // namespace rejoinder::service
