#include "service/replay/recording.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace rejoinder::service {
namespace {

/// A frame costs a few values and a turn may have hundreds of them.
constexpr json_limits line_limits{64, 4096, 1 << 18};
constexpr std::uintmax_t max_file = 64 << 20;
constexpr std::size_t max_audio = 16 << 20;

/// Thrown inside this file only: a recording is read as a whole or not at all.
struct wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

const json& member(const json& object, const char* name) {
    auto found = object.find(name);
    if (found == object.end()) throw wrong("'" + std::string(name) + "' is missing");
    return *found;
}

std::size_t count_of(const json& value, const char* name) {
    if (!value.is_number_unsigned()) throw wrong("'" + std::string(name) + "' is a number from 0");
    return value.get<std::size_t>();
}

milliseconds time_of(const json& object, const char* name) {
    return milliseconds(count_of(member(object, name), name));
}

std::string text_of(const json& object, const char* name) {
    const auto& value = member(object, name);
    if (!value.is_string()) throw wrong("'" + std::string(name) + "' is a text");
    return value.get<std::string>();
}

const json& list_of(const json& object, const char* name) {
    const auto& value = member(object, name);
    if (!value.is_array()) throw wrong("'" + std::string(name) + "' is a list");
    return value;
}

std::vector<std::string> types_of(const json& types) {
    std::vector<std::string> read;
    for (const auto& type : types) {
        if (!type.is_string()) throw wrong("a reply type is a text");
        read.push_back(type.get<std::string>());
    }
    return read;
}

recorded_frame text_frame(milliseconds at, const json& text) {
    if (!text.is_string()) return {at, to_text(text), text};
    auto raw = text.get<std::string>();
    auto parsed = parse_json(raw);
    return {at, std::move(raw), std::move(parsed.value)};
}

recorded_frame audio_frame(milliseconds at, std::size_t bytes) {
    if (bytes > max_audio) throw wrong("an audio frame has at most 16 MiB");
    return {at, bytes, nullptr};
}

recorded_frame read_frame(const json& line) {
    auto at = time_of(line, "at_ms");
    if (auto text = line.find("text"); text != line.end()) return text_frame(at, *text);
    return audio_frame(at, count_of(member(line, "binary"), "binary"));
}

std::string path_of(const std::string& socket) {
    if (socket == "listen" || socket == "proactive") return "/v1/" + socket;
    throw wrong("'socket' is 'listen' or 'proactive'");
}

recorded_turn read_turn(const json& line) {
    recorded_turn turn;
    turn.number = static_cast<int>(count_of(member(line, "turn"), "turn"));
    turn.token = text_of(line, "token");
    turn.path = path_of(text_of(line, "socket"));
    turn.opened = time_of(line, "opened_ms");
    turn.complete = line.value("complete", false);
    turn.end = line.value("ends", "") == "cut" ? turn_end::cut : turn_end::closed;
    for (const auto& frame : list_of(line, "inbound"))
        turn.frames.push_back(read_frame(frame));
    for (const auto& reply : list_of(line, "replies"))
        turn.replies.push_back({time_of(reply, "at_ms"),
                                count_of(member(reply, "after"), "after"),
                                types_of(list_of(reply, "types")),
                                {}});
    return turn;
}

/// A step's reply types, and behind them what else is known of these frames.
recorded_batch read_expectation(const json& step, std::size_t after) {
    recorded_batch batch{milliseconds(0), after, types_of(list_of(step, "expectedReplyTypes")), {}};
    auto replies = step.find("expectedReplies");
    if (replies == step.end()) return batch;
    for (const auto& reply : *replies) {
        auto subset = reply.find("jsonSubset");
        auto delay = milliseconds(reply.value("delayMs", 0));
        batch.content.push_back({subset == reply.end() ? json() : *subset, delay});
    }
    if (batch.content.size() != batch.types.size())
        throw wrong("'expectedReplies' has an entry for each of 'expectedReplyTypes'");
    return batch;
}

recorded_turn read_steps(const json& flow) {
    const auto& session = member(flow, "session");
    recorded_turn turn;
    turn.number = 1;
    turn.token = text_of(session, "token");
    turn.path = text_of(session, "path");
    turn.complete = true;
    for (const auto& step : list_of(flow, "steps")) {
        auto text = step.find("text");
        turn.frames.push_back(text != step.end()
                                  ? text_frame(milliseconds(0), *text)
                                  : audio_frame(milliseconds(0), list_of(step, "binary").size()));
        auto batch = read_expectation(step, turn.frames.size());
        if (!batch.types.empty()) turn.replies.push_back(std::move(batch));
    }
    return turn;
}

json parse(std::string_view text) {
    auto parsed = parse_json(text, line_limits);
    if (parsed.error) throw wrong(parsed.error->message);
    if (!parsed.value.is_object()) throw wrong("an object is expected");
    return std::move(parsed.value);
}

} // namespace

milliseconds recorded_turn::ended() const noexcept {
    auto last = opened;
    for (const auto& frame : frames)
        last = std::max(last, frame.at);
    for (const auto& reply : replies)
        last = std::max(last, reply.at);
    return last;
}

read_outcome read_recording(std::string name, std::string_view lines) {
    recording read{std::move(name), {}};
    for (std::size_t number = 1; !lines.empty(); ++number) {
        auto end = std::min(lines.find('\n'), lines.size());
        auto line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        try {
            auto turn = read_turn(parse(line));
            auto place = std::ranges::upper_bound(read.turns, turn.opened, {}, &recorded_turn::opened);
            read.turns.insert(place, std::move(turn));
        } catch (const std::exception& problem) {
            return recording_error{read.name + ", line " + std::to_string(number) + ": " + problem.what()};
        }
    }
    if (read.turns.empty()) return recording_error{read.name + ": there is no turn in it"};
    return read;
}

read_outcome read_flow(std::string name, std::string_view document) {
    try {
        auto turn = read_steps(parse(document));
        return recording{std::move(name), {std::move(turn)}};
    } catch (const std::exception& problem) {
        return recording_error{name + ": " + problem.what()};
    }
}

read_outcome load_recording(const std::string& path) {
    std::error_code problem;
    auto size = std::filesystem::file_size(path, problem);
    if (problem) return recording_error{path + ": " + problem.message()};
    if (size > max_file) return recording_error{path + ": a recording has at most 64 MiB"};
    std::ifstream file(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!file) return recording_error{path + ": cannot be read"};
    auto name = std::filesystem::path(path).filename().string();
    return name.ends_with(".flow.json") ? read_flow(name, content) : read_recording(name, content);
}

} // namespace rejoinder::service
