#pragma once

#include "service/child_server.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace rejoinder::service {

/// This program once more, as a server of its own on a free port of the loopback interface: for tools that
/// need a server to measure or to replay against. It is told to end, and waited for, when this object dies.
class private_server {
public:
    /// Starts `PROGRAM serve --listen 127.0.0.1:0 ARGUMENTS...` and waits until it listens, 20 s at most.
    /// Blocks. Nothing on failure; `why` says what to do then. An empty program is this one.
    static std::unique_ptr<private_server> start(const std::string& program,
                                                 const std::vector<std::string>& arguments, std::string& why);

    /// What `start` starts.
    static std::vector<std::string> command(const std::string& program,
                                            const std::vector<std::string>& arguments);

    /// ws://127.0.0.1:PORT/v1/session
    const std::string& url() const noexcept { return child_->place(); }

    /// ws://127.0.0.1:PORT
    std::string base_url() const;

    pid_t process() const noexcept { return child_->process(); }

    /// Ends it without a warning (SIGKILL) and waits until it is gone.
    void kill() { child_->kill(); }

    /// Asks it to end (SIGTERM): it drains, and does so no longer when it is told twice.
    void tell_to_end() { child_->tell_to_end(); }

    /// Waits until it has ended; after `patience` it is killed. The exit status, or -1 when it was killed.
    int wait(milliseconds patience) { return child_->wait(patience); }

    /// Tells it to end, and waits.
    int stop(milliseconds patience) { return child_->stop(patience); }

private:
    explicit private_server(std::unique_ptr<child_server> child) : child_(std::move(child)) {}

    std::unique_ptr<child_server> child_;
};

} // namespace rejoinder::service
