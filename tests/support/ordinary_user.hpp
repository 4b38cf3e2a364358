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
        if (was_root_ && ::seteuid(65534) != 0) throw std::runtime_error("root can't become somebody else");
        // The leak sanitizer looks at a process from outside, which somebody else's may not be.
        if (!was_root_) return;
        if (const char* given = ::getenv("ASAN_OPTIONS")) options_ = given;
        ::setenv("ASAN_OPTIONS", (options_ + ":detect_leaks=0").c_str(), 1);
    }
    as_ordinary_user(const as_ordinary_user&) = delete;
    as_ordinary_user& operator=(const as_ordinary_user&) = delete;
    ~as_ordinary_user() {
        if (was_root_ && ::seteuid(0) != 0) std::abort();
        if (was_root_) ::setenv("ASAN_OPTIONS", options_.c_str(), 1);
    }

private:
    bool was_root_;
    std::string options_; ///< of the address sanitizer, as they were
};

} // namespace rejoinder::tests
