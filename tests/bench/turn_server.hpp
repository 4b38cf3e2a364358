#pragma once

#include "persistence/environment.hpp"
#include "service/child_server.hpp"
#include "service/load/contender.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::bench {

/// A program that takes turns.
struct competitor {
    std::string name;  ///< as --only and the JSON have it
    std::string title; ///< as the table has it
    std::size_t most_sessions = 10'000;

    /// A file without which it can't run.
    std::string needs;

    /// What starts it, with the folder for its data.
    std::function<std::vector<std::string>(const std::string& folder)> command;
    std::string announcement;

    /// ws://HOST:PORT from what it has announced.
    std::function<std::string(const std::string& place)> base_of;

    /// A client; the name is one that no other session of this server has.
    std::function<std::unique_ptr<service::load::contender>(environment& env, const std::string& base,
                                                            std::string name)>
        make_client;

    bool is_ours() const noexcept { return name == "rejoinder"; }
};

/// Rejoinder, then its peers. `program` is the one to measure.
std::vector<competitor> competitors(const std::string& program);

/// Why a competitor can't be measured here, and what helps; empty: it can.
std::string what_is_missing(const competitor& one);

/// A competitor that runs.
class turn_server {
public:
    /// Starts it; throws `std::runtime_error` when that is not possible.
    turn_server(const competitor& who, std::string folder);

    /// Ends it as a crash would.
    void kill() { running_->kill(); }

    /// After that, on the same data. Throws as the constructor does.
    void start();

    /// Where it is now; the reference stays good.
    const std::string& base() const noexcept { return base_; }
    pid_t process() const noexcept { return running_->process(); }

private:
    const competitor& who_;
    std::string folder_;
    std::string base_;
    std::unique_ptr<service::child_server> running_;
};

} // namespace rejoinder::bench
