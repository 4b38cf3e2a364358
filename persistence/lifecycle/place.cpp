#include "persistence/lifecycle/place.hpp"

#include "persistence/backend/folders.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace rejoinder::persistence::lifecycle {
namespace {

namespace fs = std::filesystem;

/// The place itself, wherever links lead.
fs::path canonical(const std::string& location) {
    std::error_code ignored;
    auto path = fs::weakly_canonical(fs::absolute(location, ignored), ignored);
    return path.empty() ? fs::path(location) : path;
}

/// What a store's name is followed by in the names of its files.
std::vector<std::string> endings(const database_options& of) {
    if (of.type == database_type::sqlite) return {"-wal", "-shm", ""}; // the file itself last
    return {""};
}

void add_names(std::vector<std::string>& to, const fs::path& folder, std::string_view beginning) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().filename().string().starts_with(beginning)) to.push_back(at->path().string());
}

} // namespace

bool stands(const database_options& where) {
    std::error_code ignored;
    auto path = canonical(where.location);
    if (where.type == database_type::file)
        return fs::is_directory(path, ignored) && !fs::is_empty(path, ignored);
    if (where.type == database_type::sqlite) return fs::exists(path, ignored);
    return true;
}

std::vector<std::string> former_states(const database_options& where) {
    std::vector<std::string> found;
    if (where.type == database_type::postgresql) return found; // its files are the server's
    auto path = canonical(where.location);
    auto name = path.filename().string();
    add_names(found, path.parent_path(), name + ".before-");
    if (where.type == database_type::file) add_names(found, path, "damaged-");
    std::ranges::sort(found);
    return found;
}

std::string former_place(const database_options& of, const std::string& what) {
    return canonical(of.location).string() + ".before-" + what;
}

backup_kind kind_of_backup(const std::string& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return backup_kind::file;
    std::ifstream in(path, std::ios::binary);
    std::array<char, 32> bytes{};
    in.read(bytes.data(), bytes.size());
    std::string_view beginning(bytes.data(), static_cast<std::size_t>(in.gcount()));
    if (beginning.starts_with("SQLite format 3")) return backup_kind::sqlite;
    if (beginning.starts_with(R"({"rejoinder":"export")")) return backup_kind::exported;
    return backup_kind::none;
}

void copy_files(const database_options& from, const database_options& to) {
    auto source = canonical(from.location).string();
    auto target = canonical(to.location).string();
    for (const auto& ending : endings(from))
        if (fs::exists(source + ending))
            fs::copy(source + ending, target + ending, fs::copy_options::recursive);
}

void remove_files(const database_options& of) {
    auto name = canonical(of.location).string();
    for (const auto& ending : endings(of))
        fs::remove_all(name + ending);
    fs::remove(name + ".lock");
}

std::string replace_files(const database_options& of, const database_options& by, const std::string& what) {
    auto place = canonical(of.location).string();
    auto fresh = canonical(by.location).string();
    auto former = former_place(of, what);
    bool stood = fs::exists(place);
    for (const auto& ending : endings(of))
        if (fs::exists(place + ending)) fs::rename(place + ending, former + ending);
    for (const auto& ending : endings(by))
        if (fs::exists(fresh + ending)) fs::rename(fresh + ending, place + ending);
    fs::remove(fresh + ".lock");
    if (!backend::flush_folder(fs::path(place).parent_path()))
        throw std::system_error(std::make_error_code(std::errc::io_error), place);
    return stood ? former : std::string();
}

} // namespace rejoinder::persistence::lifecycle
