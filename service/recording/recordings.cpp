#include "service/recording/recordings.hpp"

#include "persistence/json.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace rejoinder::service {
namespace {

namespace fs = std::filesystem;
using persistence::lifecycle::subject;

constexpr std::string_view ending = ".ndjson";

template <class Take>
void for_each_recording(const std::string& folder, Take take) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ending) take(*at);
}

enum class whose { of_others, meant, unclear };

whose owner_of(const fs::path& file, const std::function<bool(const recorded_owner&)>& is_meant) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return whose::unclear;
    auto found = whose::of_others;
    for (std::string line; std::getline(in, line);) {
        if (!is_head(line)) continue;
        try {
            auto parsed = parse_json(line, stored_limits);
            auto head = read_head(parsed.value);
            if (is_meant(head.owner)) return whose::meant;
            if (head.live && head.owner.account.empty()) found = whose::unclear;
        } catch (const std::exception&) {
            found = whose::unclear;
        }
    }
    return found;
}

} // namespace

bool names_recording(std::string_view session) {
    return !session.empty() && session.size() <= 128 && std::ranges::all_of(session, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_';
    });
}

std::string place_of_recording(const std::string& folder, std::string_view session) {
    return folder + "/" + std::string(session) + std::string(ending);
}

std::uint64_t bytes_of_recordings(const std::string& folder) {
    std::uint64_t bytes = 0;
    for_each_recording(folder, [&](const fs::directory_entry& file) {
        std::error_code gone;
        auto size = file.file_size(gone);
        if (!gone) bytes += size;
    });
    return bytes;
}

found_recordings find_recordings(const std::string& folder,
                                 const std::function<bool(const recorded_owner&)>& is_meant) {
    found_recordings found;
    for_each_recording(folder, [&](const fs::directory_entry& file) {
        auto is = owner_of(file.path(), is_meant);
        if (is == whose::meant) found.files.push_back(file.path().string());
        if (is == whose::unclear) found.unclear.push_back(file.path().string());
    });
    std::ranges::sort(found.files);
    std::ranges::sort(found.unclear);
    return found;
}

bool belongs_to(const recorded_owner& owner, const subject& who) {
    if (owner.account.empty()) return false;
    persistence::session_row row;
    row.account.text = owner.account;
    row.user = owner.user;
    row.person = owner.person;
    return std::ranges::count(persistence::lifecycle::subjects_of(row), who) > 0;
}

} // namespace rejoinder::service
