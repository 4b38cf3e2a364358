// How `rejoinder replay` treats recordings of sessions: it makes them again, here and at once, or says their
// turns to a server.

#include "service/commands/replay_session.hpp"

#include "service/commands/client_place.hpp"
#include "service/commands/command_loop.hpp"
#include "service/machine_catalog.hpp"
#include "service/progress_bar.hpp"
#include "service/replay/cut_everywhere.hpp"
#include "service/replay/retake.hpp"
#include "service/replay/retell.hpp"

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
    const auto* found = machines.find(what.machine, what.machine_version, what.machine_hash);
    if (!found) return std::nullopt;
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

/// The recording as what a client says; nothing, and it has complained, when none could say it.
std::optional<story> tell(const std::string& file, const std::vector<session_recording>& parts) {
    auto told = tell_story(file, parts);
    if (auto* wrong = std::get_if<recording_error>(&told)) {
        complain(wrong->message);
        return std::nullopt;
    }
    return std::get<story>(std::move(told));
}

json to_json(const std::string& file, const std::string& problem,
             const std::optional<story_difference>& differs) {
    json told = {{"file", file}, {"passed", problem.empty() && !differs}};
    if (!problem.empty()) told["problem"] = problem;
    if (differs)
        told["differs"] = {
            {"event", differs->event}, {"recorded", differs->expected}, {"ours", differs->ours}};
    return told;
}

void print(const story_difference& differs, const char* expected) {
    std::printf("event %zu differs\n  %s %s\n  ours:     %s\n", differs.event, expected,
                differs.expected.c_str(), differs.ours.c_str());
}

int retell_file(const std::string& file, const std::vector<session_recording>& parts,
                const std::string& server, const replay_command_options& options) {
    auto what = tell(file, parts);
    if (!what) return 1;
    if (!what->whole) {
        complain(file + ": the recording does not hold the session from its beginning, without a gap; only "
                        "without --server can what is there be made again");
        return 1;
    }
    auto token = load_token(options.token_file);
    if (!token) return 1;
    retelling_options how;
    how.server = {with_path(server), std::move(*token), {}};
    how.speed = options.speed;
    if (options.device) how.device = *options.device;
    progress_bar bar("replaying " + file);
    how.on_progress = [&bar, total = what->turns](std::size_t done) { bar.show(done, total); };
    command_loop loop;
    auto told = loop.run(retell(&loop.env(), &*what, std::move(how)));
    auto differs = compare_events(what->events, told.events);
    // What differs in front of a problem is told rather than the problem, which follows from it.
    bool is_shorter = differs && differs->ours == "nothing";
    if (!told.problem.empty() && is_shorter) differs.reset();
    if (options.json)
        std::printf("%s\n", to_text(to_json(file, told.problem, differs)).c_str());
    else if (differs)
        print(*differs, "recorded:");
    else if (told.problem.empty())
        std::printf("%zu turns, %zu events same\n", what->turns, told.events.size());
    if (!told.problem.empty())
        complain(file + ": behind event " + std::to_string(told.events.size()) + ", " + told.problem);
    return told.problem.empty() && !differs ? 0 : 1;
}

int cut_file(const std::string& file, const std::vector<session_recording>& parts,
             const replay_command_options& options) {
    auto what = tell(file, parts);
    if (!what) return 1;
    auto machine = find_machine(parts.back(), options.machines);
    if (!machine) {
        complain_of_machine(file, parts.back(), options.machines);
        return 1;
    }
    progress_bar bar("cutting " + file);
    command_loop loop;
    auto report = loop.run(cut_everywhere(
        &loop.env(), &*what, &*machine,
        [&bar](std::size_t done, std::size_t total) { bar.show(done, total); },
        options.seed.value_or(even_draws::usual_seed)));
    if (options.json) {
        auto told = to_json(file, report.problem, report.differs);
        told.update({{"frames", report.frames}, {"cuts", report.cuts}, {"place", report.place}});
        std::printf("%s\n", to_text(told).c_str());
    } else if (report.differs) {
        std::printf("cut behind frame %zu of %zu, ", report.place, report.frames);
        print(*report.differs, "uncut:   ");
    } else if (report.problem.empty()) {
        std::printf("%zu cuts, each the same %zu turns\n", report.cuts, what->turns);
    }
    if (!report.problem.empty())
        complain(file + ": " +
                 (report.place == 0 ? "without a cut, "
                                    : "cut behind frame " + std::to_string(report.place) + ", ") +
                 report.problem);
    return report.passed() ? 0 : 1;
}

/// Why the options do not go together; empty: they do.
std::string objection(const replay_command_options& options) {
    if (options.expect) return "--expect is for recordings of robots";
    if (options.cut_everywhere && (options.server || options.speed || options.device))
        return "--cut-everywhere plays it on servers of its own; leave out --server, --device and --speed";
    if (options.seed && !options.cut_everywhere)
        return "its draws are recorded; --seed is for --cut-everywhere, where they are made anew";
    if (!options.server && (options.speed || options.device))
        return "it is made again here and at once; --device and --speed need a --server";
    return "";
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
    if (auto why = objection(options); !why.empty()) {
        complain(file + " is a session: " + why);
        return 2;
    }
    auto loaded = read_session_recording(file, text);
    if (auto* wrong = std::get_if<recording_error>(&loaded)) {
        complain(wrong->message);
        return 1;
    }
    const auto& parts = std::get<std::vector<session_recording>>(loaded);
    if (options.cut_everywhere) return cut_file(file, parts, options);
    if (options.server) return retell_file(file, parts, *options.server, options);
    return retake_file(file, parts, options);
}

} // namespace rejoinder::service::commands
