#include "service/child_server.hpp"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace rejoinder::service {
namespace {

constexpr int listening_patience_ms = 20'000;

/// In the child of a process that may have threads: nothing here takes memory or a lock. The server ends with
/// whoever started it, however that ends, and has none of its connections and files.
[[noreturn]] void become_server(const std::vector<char*>& argv, int output, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent && ::dup2(output, STDOUT_FILENO) >= 0) {
        ::close_range(STDERR_FILENO + 1, ~0U, 0);
        ::execv(argv[0], argv.data());
    }
    ::_exit(127);
}

} // namespace

std::unique_ptr<child_server> child_server::start(std::vector<std::string> words,
                                                  std::string_view announcement, std::string& why) {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        why = std::string("no pipe to a server: ") + std::strerror(errno);
        return nullptr;
    }
    std::fflush(nullptr); // what waits in a buffer would be the child's, too: a sanitizer's `_exit` writes it
    auto parent = ::getpid();
    auto process = ::fork();
    if (process == 0) become_server(argv, ends[1], parent);
    ::close(ends[1]);
    if (process < 0) {
        ::close(ends[0]);
        why = std::string("a server can't be started: ") + std::strerror(errno);
        return nullptr;
    }
    std::unique_ptr<child_server> server(new child_server(process, ends[0]));
    if (!server->wait_until_listening(announcement, why)) return nullptr;
    return server;
}

bool child_server::wait_until_listening(std::string_view announcement, std::string& why) {
    std::string line;
    pollfd readable{output_, POLLIN, 0};
    while (line.find('\n') == line.npos) {
        char bytes[256];
        if (::poll(&readable, 1, listening_patience_ms) <= 0) {
            why = "the server did not begin to listen in time";
            return false;
        }
        auto count = ::read(output_, bytes, sizeof bytes);
        if (count <= 0) {
            why = "the server ended before it listened; its own message says why";
            return false;
        }
        line.append(bytes, static_cast<std::size_t>(count));
    }
    auto at = line.find(announcement);
    if (at == line.npos) {
        why = "the server said something else than where it listens";
        return false;
    }
    place_ = line.substr(at + announcement.size(), line.find('\n', at) - at - announcement.size());
    return true;
}

child_server::~child_server() {
    stop(milliseconds(10'000));
    ::close(output_);
}

void child_server::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

void child_server::tell_to_end() {
    if (process_ > 0) ::kill(process_, SIGTERM);
}

int child_server::stop(milliseconds patience) {
    tell_to_end();
    return wait(patience);
}

int child_server::wait(milliseconds patience) {
    if (process_ <= 0) return -1;
    // A process tells nobody when it ends but its parent, who has to look: every 5 ms until patience runs
    // out.
    static constexpr int pause_ms = 5;
    for (auto looks = patience.count() / pause_ms; looks >= 0; --looks) {
        int status = 0;
        if (::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        ::poll(nullptr, 0, pause_ms);
    }
    kill();
    return -1;
}

} // namespace rejoinder::service
