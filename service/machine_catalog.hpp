#pragma once

#include "statemachine/definition.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// The machines that a server runs, by id; loaded at start and unchanged afterwards.
class machine_catalog {
public:
    /// Adds a machine, with the document that it was loaded from if that is at hand; false when there is one
    /// with its id already.
    bool add(statemachine::definition machine, ordered_json document = nullptr);

    const statemachine::definition* find(std::string_view id) const;
    /// Null when it is not at hand.
    ordered_json document_of(std::string_view id) const;
    std::vector<std::string> ids() const;
    bool empty() const noexcept { return machines_.empty(); }

private:
    std::map<std::string, statemachine::definition, std::less<>> machines_;
    std::map<std::string, ordered_json, std::less<>> documents_;
};

/// Loads every `*.json` of the folder. Each problem is one line that names the file and the place in it; with
/// any of them the catalog must not be used.
machine_catalog load_machines(const std::string& folder, std::vector<std::string>& problems);

} // namespace rejoinder::service
