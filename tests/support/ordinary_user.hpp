#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace rejoinder::tests {

/// Makes this process an ordinary user's while it lives: root may write anywhere, so permissions count only
/// for somebody else. Programs that are started meanwhile are ordinary ones too.
class as_ordinary_user {
public:
    as_ordinary_user() : was_root_(::geteuid() == 0) {
        // A program whose real user is another one than its effective one may not look at itself (/proc), so
        // both change; the saved one leads back.
        if (was_root_ && ::setresuid(65534, 65534, 0) != 0)
            throw std::runtime_error("root can't become somebody else");
        // The leak sanitizer looks at a process from outside, which somebody else's may not be.
        if (!was_root_) return;
        if (const char* given = ::getenv("ASAN_OPTIONS")) options_ = given;
        ::setenv("ASAN_OPTIONS", (options_ + ":detect_leaks=0").c_str(), 1);
    }
    as_ordinary_user(const as_ordinary_user&) = delete;
    as_ordinary_user& operator=(const as_ordinary_user&) = delete;
    ~as_ordinary_user() {
        if (was_root_ && ::setresuid(0, 0, 0) != 0) std::abort();
        if (was_root_) ::setenv("ASAN_OPTIONS", options_.c_str(), 1);
    }

private:
    bool was_root_;
    std::string options_; ///< of the address sanitizer, as they were
};

} // namespace rejoinder::tests
