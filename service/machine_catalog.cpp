#include "service/machine_catalog.hpp"

#include "service/machine_file.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace rejoinder::service {

bool machine_catalog::add(statemachine::definition machine, ordered_json document) {
    auto version = machine.version();
    auto& known = machines_[machine.id()];
    return known.emplace(version, entry{std::move(machine), std::move(document)}).second;
}

ordered_json machine_catalog::document_of(const statemachine::definition& machine) const {
    auto known = machines_.find(machine.id());
    if (known == machines_.end()) return nullptr;
    auto found = known->second.find(machine.version());
    bool same = found != known->second.end() && found->second.machine.hash() == machine.hash();
    return same ? found->second.document : ordered_json();
}

const statemachine::definition* machine_catalog::find(std::string_view id) const {
    auto known = machines_.find(id);
    return known == machines_.end() ? nullptr : &known->second.rbegin()->second.machine;
}

const statemachine::definition* machine_catalog::find(std::string_view id, std::int64_t version,
                                                      std::string_view hash) const {
    auto known = machines_.find(id);
    if (known == machines_.end()) return nullptr;
    auto found = known->second.find(version);
    bool same = found != known->second.end() && found->second.machine.hash() == hash;
    return same ? &found->second.machine : nullptr;
}

std::vector<std::string> machine_catalog::ids() const {
    std::vector<std::string> ids;
    ids.reserve(machines_.size());
    for (const auto& [id, known] : machines_)
        ids.push_back(id);
    return ids;
}

machine_catalog load_machines(const std::string& folder, std::vector<std::string>& problems) {
    namespace fs = std::filesystem;
    machine_catalog catalog;
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    if (error) {
        problems.push_back(folder + ": the folder of machines can't be read: " + error.message());
        return catalog;
    }
    std::ranges::sort(files);

    for (const auto& file : files) {
        auto read = load_machine_file(file);
        if (!read) {
            problems.push_back(file.string() + ": the file can't be read");
            continue;
        }
        const auto& loaded = read->loaded;
        for (const auto& p : loaded.problems) {
            if (p.how_bad != statemachine::problem::severity::error) continue;
            problems.push_back(file.string() + ": " + (p.pointer.empty() ? "/" : p.pointer) + ": " +
                               p.message);
        }
        if (loaded.machine && !catalog.add(*loaded.machine, std::move(read->document)))
            problems.push_back(file.string() + ": another file has a machine with the id '" +
                               loaded.machine->id() + "' and the version " +
                               std::to_string(loaded.machine->version()));
    }
    if (files.empty()) problems.push_back(folder + ": there is no machine (*.json) in the folder");
    return catalog;
}

} // namespace rejoinder::service
