#include "service/machine_file.hpp"

#include "persistence/case_folding.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace rejoinder::service {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read(const fs::path& file) {
    std::error_code none;
    if (fs::is_directory(file, none)) return std::nullopt; // it opens like a file
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return std::nullopt;
    return text;
}

statemachine::problem unusable(std::string what) {
    return {statemachine::problem::severity::error, {}, std::move(what)};
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

/// The texts by name; what can't be taken goes to `problems`.
ordered_json texts_beside(const fs::path& machine, std::vector<statemachine::problem>& problems) {
    auto folder = machine;
    folder.replace_extension();
    auto texts = ordered_json::object();
    for (const auto& file : files_in(folder)) {
        auto name = folder.filename().string() + "/" + file.filename().string();
        auto text = read(file);
        if (!text || text->size() > max_machine_text || !is_utf8(*text))
            problems.push_back(
                unusable("the file '" + name + "' beside the machine is no text of at most 64 KiB"));
        else
            texts[name] = std::move(*text);
        if (texts.size() > max_machine_texts) {
            problems.push_back(unusable("there are more than 200 files beside the machine"));
            break;
        }
    }
    return texts;
}

} // namespace

std::optional<machine_file> load_machine_file(const fs::path& file) {
    auto text = read(file);
    if (!text) return std::nullopt;
    auto parsed = parse_ordered_json(*text, document_limits);
    if (!parsed) return machine_file{nullptr, statemachine::load_definition_text(*text)};
    machine_file made{std::move(parsed.value), {}};
    std::vector<statemachine::problem> problems;
    if (auto texts = texts_beside(file, problems); !texts.empty() && made.document.is_object())
        made.document[std::string(statemachine::files_member)] = std::move(texts);
    made.loaded = statemachine::load_definition(made.document);
    if (!problems.empty()) made.loaded.machine.reset();
    std::ranges::move(problems, std::back_inserter(made.loaded.problems));
    return made;
}

} // namespace rejoinder::service
