// How `rejoinder replay` treats recordings of sessions: it makes them again, here and at once.

#include "service/commands/replay_session.hpp"

#include "service/machine_catalog.hpp"
#include "service/replay/retake.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace rejoinder::service::commands {
namespace {

/// The machine of a recording: the one that stands in it, else the one of that id and hash in the folder.
std::optional<statemachine::definition> find_machine(const session_recording& what,
                                                     const std::string& folder) {
    if (!what.document.is_null()) {
        auto machine = statemachine::load_definition(what.document).machine;
        if (machine && machine->hash() == what.machine_hash) return machine;
        return std::nullopt;
    }
    std::vector<std::string> ignored;
    auto machines = load_machines(folder, ignored);
    const auto* found = machines.find(what.machine);
    if (!found || found->hash() != what.machine_hash) return std::nullopt;
    return *found;
}

void complain_of_machine(const std::string& file, const session_recording& what, const std::string& folder) {
    auto name = "the machine '" + what.machine + "' " + std::to_string(what.machine_version);
    complain(file + ": " + name +
             (what.document.is_null()
                  ? " that was recorded is not in " + folder + "; name its folder with --machines"
                  : " that stands in it can't be loaded, or is another one than was recorded"));
}

/// What came of all parts of a recording.
struct retake_result {
    retake_report sum;    ///< with the difference that ended it
    std::size_t lost = 0; ///< lines that the recording lacks

    bool passed() const noexcept { return sum.passed() && lost == 0; }
};

std::optional<retake_result> retake_parts(const std::string& file,
                                          const std::vector<session_recording>& parts,
                                          const std::string& folder) {
    retake_result all;
    for (const auto& part : parts)
        all.lost += part.lost;
    for (const auto& part : parts) {
        auto machine = find_machine(part, folder);
        if (!machine) {
            complain_of_machine(file, part, folder);
            return std::nullopt;
        }
        auto report = retake(part, *machine);
        auto in_front = all.sum.steps + all.sum.without;
        all.sum.steps += report.steps;
        all.sum.without += report.without;
        all.sum.frames += report.frames;
        all.sum.differs = std::move(report.differs);
        if (!all.sum.differs) continue;
        all.sum.differs->commit += in_front;
        break;
    }
    return all;
}

json to_json(const std::string& file, const retake_result& result) {
    const auto& report = result.sum;
    json told = {{"file", file},
                 {"passed", result.passed()},
                 {"steps", report.steps},
                 {"frames", report.frames},
                 {"without", report.without},
                 {"lost", result.lost}};
    if (report.differs)
        told["differs"] = {{"commit", report.differs->commit},
                           {"turn", report.differs->turn},
                           {"what", report.differs->what},
                           {"recorded", report.differs->recorded},
                           {"ours", report.differs->ours}};
    return told;
}

void print(const retake_result& result) {
    const auto& report = result.sum;
    if (report.differs) {
        const auto& at = *report.differs;
        std::printf("commit %zu%s differs in its %s\n  recorded: %s\n  ours:     %s\n", at.commit,
                    at.turn.empty() ? "" : (", turn " + at.turn).c_str(), at.what.c_str(),
                    at.recorded.c_str(), at.ours.c_str());
    } else {
        auto line = std::to_string(report.steps) + " steps same";
        if (report.frames > 0) line += ", " + std::to_string(report.frames) + " frames same";
        if (report.without > 0) line += ", " + std::to_string(report.without) + " without a step";
        std::printf("%s\n", line.c_str());
    }
    if (result.lost > 0)
        std::printf("incomplete: the recording lacks %zu lines, which its recorder could not write\n",
                    result.lost);
}

int retake_file(const std::string& file, const std::vector<session_recording>& parts,
                const replay_command_options& options) {
    auto result = retake_parts(file, parts, options.machines);
    if (!result) return 1;
    if (options.json)
        std::printf("%s\n", to_text(to_json(file, *result)).c_str());
    else
        print(*result);
    return result->passed() ? 0 : 1;
}

} // namespace

std::optional<std::string> load_session_recording(const std::string& file) {
    constexpr std::uintmax_t max_file = 256 << 20;
    std::error_code problem;
    auto size = std::filesystem::file_size(file, problem);
    if (problem || size > max_file) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    std::string start(64, '\0');
    in.read(start.data(), static_cast<std::streamsize>(start.size()));
    if (!is_session_recording(start)) return std::nullopt;
    in.clear();
    in.seekg(0);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

int replay_session(const std::string& file, std::string_view text, const replay_command_options& options) {
    if (options.server || options.device || options.expect || options.speed) {
        complain(file +
                 " is a session, which is made again here and at once; --server, --device, --expect and "
                 "--speed are for recordings of robots");
        return 2;
    }
    auto loaded = read_session_recording(file, text);
    if (auto* wrong = std::get_if<recording_error>(&loaded)) {
        complain(wrong->message);
        return 1;
    }
    return retake_file(file, std::get<std::vector<session_recording>>(loaded), options);
}

} // namespace rejoinder::service::commands
