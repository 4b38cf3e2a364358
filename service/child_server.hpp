#pragma once

#include "persistence/time.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace rejoinder::service {

/// A server as a child process of this one, on a place of its own choice that it announces in the first line
/// of its standard output. It is told to end, and waited for, when this object dies; it is killed when this
/// process dies without that. One thread uses it, the one that started it.
class child_server {
public:
    /// Starts the program `words[0]` (a path) and waits until it has announced where it listens, 20 s at
    /// most. Blocks. Nothing on failure; `why` says what to do then.
    static std::unique_ptr<child_server> start(std::vector<std::string> words, std::string_view announcement,
                                               std::string& why);
    child_server(const child_server&) = delete;
    child_server& operator=(const child_server&) = delete;
    ~child_server();

    /// What stood in the line behind the announcement.
    const std::string& place() const noexcept { return place_; }

    /// 0 once it has ended.
    pid_t process() const noexcept { return process_; }

    /// Ends it without a warning (SIGKILL) and waits until it is gone.
    void kill();

    /// Asks it to end (SIGTERM).
    void tell_to_end();

    /// Waits until it has ended; after `patience` it is killed. The exit status, or -1 when it was killed.
    int wait(milliseconds patience);

    /// Tells it to end, and waits.
    int stop(milliseconds patience);

private:
    child_server(pid_t process, int output) : process_(process), output_(output) {}
    bool wait_until_listening(std::string_view announcement, std::string& why);

    pid_t process_;
    int output_;
    std::string place_;
};

} // namespace rejoinder::service
