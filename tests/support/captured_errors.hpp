#pragma once

#include "persistence/log.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace rejoinder::tests {

/// Takes what the program writes to standard error while it exists.
class captured_errors {
public:
    captured_errors() {
        REQUIRE(::pipe(pipe_.data()) == 0);
        saved_ = ::dup(STDERR_FILENO);
        ::dup2(pipe_[1], STDERR_FILENO);
        ::close(pipe_[1]);
        skip_what_was_told_before();
    }
    captured_errors(const captured_errors&) = delete;
    captured_errors& operator=(const captured_errors&) = delete;
    ~captured_errors() {
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        ::close(pipe_[0]);
    }

    /// Waits for the next line, without its time.
    std::string line() {
        std::string text;
        for (char c = 0; ::read(pipe_[0], &c, 1) == 1 && c != '\n';)
            text += c;
        return text.substr(std::min(text.find(' '), text.size() - 1) + 1);
    }

private:
    /// The log writes on a thread of its own: what an earlier test has logged may come only now.
    void skip_what_was_told_before() {
        if (!log::enabled(log::level::error)) return;
        log::error("capturing");
        while (line() != "error capturing")
            continue;
    }

    std::array<int, 2> pipe_{};
    int saved_ = -1;
};

} // namespace rejoinder::tests
