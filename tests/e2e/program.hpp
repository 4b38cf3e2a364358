#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// What a run of the program left behind.
struct program_run {
    int status = -1; ///< exit status; -1: a signal ended it
    int signal = 0;  ///< that ended it
    std::string out;
    std::string err;

    /// Lines of standard error that the program says to its user; the others are its log.
    std::vector<std::string> complaints() const;
};

struct program_surroundings {
    std::string input;                            ///< standard input, to its end
    std::map<std::string, std::string> variables; ///< added to the environment of the test
    std::function<void(int process)> meanwhile;   ///< called when the program runs; may be empty
};

/// Runs the program with these arguments to its end, 20 s at most. Blocks.
program_run run_program(const std::vector<std::string>& arguments, const program_surroundings& around = {});

} // namespace rejoinder::tests
