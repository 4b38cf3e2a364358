#pragma once

#include "service/config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the program's commands do; `main.cpp` knows how they are spelled. Each returns the exit status: 0
/// done, 1 failed (one line on standard error has said why and what to do).
namespace rejoinder::service::commands {

struct serve_options {
    std::string config_file;
    config_values flags;
    bool print_config = false;
};
int serve(const serve_options& options);

struct chat_options {
    std::string server = "ws://127.0.0.1:8080/v1/session";
    std::string machine = "greeter";
    std::optional<std::string> session;
    std::optional<std::string> device;     ///< that the client is; nothing: one of its own
    std::optional<std::string> token_file; ///< its credentials; nothing: the variable REJOINDER_TOKEN
};
int chat(const chat_options& options);

struct machine_check_options {
    std::vector<std::string> files;
    std::vector<std::string> against; ///< older versions of them, whose sessions shall go on
    std::optional<std::string> store; ///< URL of a database; what becomes of its sessions is said as well
    std::string config_file;          ///< with the keys of that database
    bool json = false;
};
int machine_check(const machine_check_options& options);

struct machine_show_options {
    std::string file;
    std::string format = "mermaid";  ///< or dot
    std::vector<std::string> states; ///< that stand out, as dotted paths; several of parallel regions
};
/// Prints a diagram of the machine's states.
int machine_show(const machine_show_options& options);

struct replay_command_options {
    std::vector<std::string> files;
    /// Nothing: recordings of robots are played on a server of its own, with the memory database; sessions
    /// are made again in this process.
    std::optional<std::string> server;
    /// That all tokens of a robot's recording stand for, with a server of its own; or that the client of a
    /// session is.
    std::optional<std::string> device;
    std::optional<std::string> expect; ///< file of differences that are meant
    std::optional<double> speed;
    bool cut_everywhere = false;
    bool in_process = false;           ///< robots' recordings as well, without a network
    std::optional<std::uint64_t> seed; ///< of what a machine draws in this process; nothing: always the same
    /// With a running server: holds what every robot, or the client of a session, shows; nothing:
    /// REJOINDER_TOKEN, without which each shows the token of the recording.
    std::optional<std::string> token_file;
    std::string machines = "samples/machines";
    bool json = false;
};
int replay(const replay_command_options& options);

struct bench_options {
    std::optional<std::string> server; ///< nothing: one of its own, with SQLite in a temporary folder
    std::vector<std::size_t> sessions{1, 64, 1000};
    std::optional<std::string>
        token_file; ///< with a running server: credentials of all sessions, as in `chat`
    double seconds = 3;
    std::string machine = "parrot";
    std::string machines = "samples/machines";
    bool json = false;
};
int bench(const bench_options& options);

int version();

/// Says on standard error what went wrong, in the form that all commands share.
void complain(const std::string& what);

} // namespace rejoinder::service::commands
