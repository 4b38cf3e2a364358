#pragma once

#include "statemachine/definition.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// The machines that a server runs, by id; loaded at start and unchanged afterwards. Of a machine there may
/// be several versions: the newest is what new sessions begin with, the others are for those that were begun
/// with them.
class machine_catalog {
public:
    /// Adds a machine, with the document that it was loaded from if that is at hand; false when there is one
    /// with its id and version already.
    bool add(statemachine::definition machine, ordered_json document = nullptr);

    /// The newest version of the machine; null when there is none.
    const statemachine::definition* find(std::string_view id) const;
    /// The very machine that a session was stored with; null when it is not here.
    const statemachine::definition* find(std::string_view id, std::int64_t version,
                                         std::string_view hash) const;
    /// Null when it is not at hand.
    ordered_json document_of(const statemachine::definition& machine) const;
    std::vector<std::string> ids() const;
    bool empty() const noexcept { return machines_.empty(); }

private:
    struct entry {
        statemachine::definition machine;
        ordered_json document;
    };
    using versions = std::map<std::int64_t, entry>;

    std::map<std::string, versions, std::less<>> machines_;
};

/// Loads every `*.json` of the folder, each with the texts beside it (`machine_file.hpp`). Each problem is
/// one line that names the file and the place in it; with any of them the catalog must not be used.
machine_catalog load_machines(const std::string& folder, std::vector<std::string>& problems);

} // namespace rejoinder::service
