#include "tests/e2e/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace rejoinder::tests {
namespace {

constexpr std::chrono::seconds patience(20);

/// A file without a name that holds a text, read from its beginning.
int file_with(const std::string& text) {
    std::FILE* file = std::tmpfile();
    if (!file) throw std::runtime_error("no temporary file for the input of a program");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
    int descriptor = ::fcntl(::fileno(file), F_DUPFD_CLOEXEC, 0);
    std::fclose(file);
    ::lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

/// The environment of this process with some variables set anew.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry; ++entry) {
        std::string text = *entry;
        if (!variables.contains(text.substr(0, text.find('=')))) entries.push_back(std::move(text));
    }
    for (const auto& [name, value] : variables)
        entries.emplace_back(name).append("=").append(value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// Reads both outputs until they are closed; false when that takes too long.
bool read_all(std::array<pollfd, 2> outputs, program_run& run) {
    auto until = std::chrono::steady_clock::now() + patience;
    std::array<std::string*, 2> texts{&run.out, &run.err};
    while (outputs[0].fd >= 0 || outputs[1].fd >= 0) {
        auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0 || ::poll(outputs.data(), outputs.size(), static_cast<int>(left.count())) <= 0)
            return false;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (outputs[i].fd < 0 || outputs[i].revents == 0) continue;
            std::array<char, 4096> bytes{};
            auto count = ::read(outputs[i].fd, bytes.data(), bytes.size());
            if (count > 0)
                texts[i]->append(bytes.data(), static_cast<std::size_t>(count));
            else
                outputs[i].fd = -1; // poll passes over it
        }
    }
    return true;
}

} // namespace

std::vector<std::string> program_run::complaints() const {
    std::vector<std::string> lines;
    std::istringstream text(err);
    for (std::string line; std::getline(text, line);)
        if (line.empty() || std::isdigit(static_cast<unsigned char>(line.front())) == 0)
            lines.push_back(line);
    return lines;
}

program_run run_program(const std::vector<std::string>& arguments, const program_surroundings& around) {
    std::vector<std::string> words{REJOINDER_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto variables = environment_with(around.variables);
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipes to a program");
    int input = file_with(around.input);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    pid_t process = 0;
    int failed = ::posix_spawn(&process, words[0].c_str(), &actions, nullptr, pointers(words).data(),
                               pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    for (int end : {input, out[1], err[1]})
        ::close(end);

    program_run run;
    if (failed == 0) {
        if (around.meanwhile) around.meanwhile(process);
        bool ended = read_all({pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}}, run);
        if (!ended) ::kill(process, SIGKILL);
        int status = 0;
        ::waitpid(process, &status, 0);
        if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
        if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
    }
    ::close(out[0]);
    ::close(err[0]);
    if (failed != 0) throw std::runtime_error("the program can't be started");
    return run;
}

} // namespace rejoinder::tests
