#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/run_mode.hpp"
#include "service/commands/command_loop.hpp"
#include "service/recording/recordings.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace rejoinder::service::commands {

/// The recordings of a store's sessions, for a command that erases: those of the configured folder, and of
/// the one that a server records into which has the store open.
///
/// Sessions are erased from the store first, and then `settle` has the server write what it still knew of
/// them: nothing of them can be recorded after that, as their commits are refused and a recording that was
/// removed does not come back.
class erased_recordings {
public:
    /// What is given outlives it.
    erased_recordings(command_loop& loop, persistence::database_options store, const std::string& folder);

    /// Asks the server, if there is one. False when something was said.
    bool settle();

    /// Removes what `find` finds in a folder, or only counts it.
    void erase(const std::function<found_recordings(const std::string& folder)>& find,
               persistence::lifecycle::run_mode how);

    std::uint64_t count() const noexcept { return count_; } ///< of those that go

    /// Whether there is a person's work left, which then was said.
    bool complain_of_rest() const;

private:
    command_loop& loop_;
    persistence::database_options store_;
    std::set<std::string> folders_;
    std::uint64_t count_ = 0;
    std::vector<std::string> left_;    ///< could not be removed
    std::vector<std::string> unclear_; ///< nobody can tell whose they are
};

} // namespace rejoinder::service::commands
