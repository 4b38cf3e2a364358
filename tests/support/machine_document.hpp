#pragma once

#include "persistence/json.hpp"
#include "statemachine/definition.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <string>

namespace rejoinder::tests {

/// The text of a sample machine with that of the files in the folder beside it, as a server loads it.
inline std::string sample_machine(const std::string& id) {
    auto document = ordered_json::parse(read_source_file("samples/machines/" + id + ".json"));
    std::error_code none;
    for (const auto& file :
         std::filesystem::directory_iterator(source_folder() + "/samples/machines/" + id, none)) {
        auto name = id + "/" + file.path().filename().string();
        document[std::string(statemachine::files_member)][name] =
            read_source_file("samples/machines/" + name);
    }
    return document.dump();
}

} // namespace rejoinder::tests
