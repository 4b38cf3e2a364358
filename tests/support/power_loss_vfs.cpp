#include "tests/support/power_loss_vfs.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace rejoinder::tests {
namespace {

constexpr std::size_t piece = 4096;

bool maybe(std::mt19937_64& random) {
    return random() % 2 == 0;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
    file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

} // namespace

void power_loss_vfs::lose_power_at(std::size_t step) {
    std::lock_guard lock(mutex_);
    power_goes_at_ = step;
}

std::size_t power_loss_vfs::steps() const {
    std::lock_guard lock(mutex_);
    return steps_;
}

void power_loss_vfs::lose_flush(std::size_t count, std::function<void()> before) {
    std::lock_guard lock(mutex_);
    flushes_to_loss_ = count;
    before_loss_ = std::move(before);
}

bool power_loss_vfs::has_lost_flush() const {
    std::lock_guard lock(mutex_);
    return has_lost_flush_;
}

bool power_loss_vfs::step() {
    ++steps_;
    return power_goes_at_ == 0 || steps_ < power_goes_at_;
}

/// What is there when SQLite changes a file for the first time is on the disk.
power_loss_vfs::image& power_loss_vfs::image_of(const std::string& path) {
    auto [at, is_new] = files_.try_emplace(path);
    if (is_new) at->second.synced = read_file(path);
    if (at->second.is_removed) at->second = {};
    return at->second;
}

void power_loss_vfs::apply(const change& what, std::string& to) {
    auto end = what.at + what.bytes.size();
    if (what.bytes.empty() || to.size() < end) to.resize(end);
    to.replace(what.at, what.bytes.size(), what.bytes);
}

int power_loss_vfs::write(file& to, const void* data, int size, sqlite3_int64 at) {
    if (to.path.empty()) return vfs_shim::write(to, data, size, at);
    std::lock_guard lock(mutex_);
    auto& known = image_of(to.path);
    bool has_power = step();
    if (has_power || steps_ == power_goes_at_) {
        // A disk writes what it is given in one piece in pieces of its own.
        std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
        for (std::size_t done = 0; done < bytes.size(); done += piece)
            known.since.push_back(
                {static_cast<std::size_t>(at) + done, std::string(bytes.substr(done, piece))});
    }
    return has_power ? vfs_shim::write(to, data, size, at) : SQLITE_IOERR_WRITE;
}

int power_loss_vfs::truncate(file& of, sqlite3_int64 size) {
    if (of.path.empty()) return vfs_shim::truncate(of, size);
    std::lock_guard lock(mutex_);
    auto& known = image_of(of.path);
    bool has_power = step();
    if (has_power || steps_ == power_goes_at_) known.since.push_back({static_cast<std::size_t>(size), {}});
    return has_power ? vfs_shim::truncate(of, size) : SQLITE_IOERR_TRUNCATE;
}

int power_loss_vfs::sync(file& of, int) {
    if (of.path.empty()) return SQLITE_OK;
    std::unique_lock lock(mutex_);
    if (!step()) return SQLITE_IOERR_FSYNC;
    bool is_lost = of.is_database && flushes_to_loss_ > 0 && --flushes_to_loss_ == 0;
    if (is_lost && before_loss_) {
        lock.unlock();
        before_loss_();
        lock.lock();
    }
    auto& known = image_of(of.path);
    if (is_lost) {
        known.since.clear();
        has_lost_flush_ = true;
        return SQLITE_IOERR_FSYNC;
    }
    for (const auto& each : known.since)
        apply(each, known.synced);
    known.since.clear();
    // As SQLite's own layer does for the journals and logs that it creates.
    bool flushes_folder = !of.is_database && !std::exchange(known.is_flushed, true);
    if (flushes_folder) std::erase_if(files_, [](const auto& each) { return each.second.is_removed; });
    return SQLITE_OK;
}

int power_loss_vfs::remove(const std::string& path, int sync_folder) {
    std::lock_guard lock(mutex_);
    auto& known = image_of(path);
    if (!step()) return SQLITE_IOERR_DELETE;
    known.is_removed = true;
    if (sync_folder) files_.erase(path);
    return vfs_shim::remove(path, 0);
}

void power_loss_vfs::crash(std::mt19937_64& random) {
    std::lock_guard lock(mutex_);
    power_goes_at_ = 0;
    for (auto& [path, known] : files_) {
        auto bytes = known.synced;
        bool in_order = maybe(random);
        for (auto& each : known.since) {
            if (maybe(random)) {
                if (in_order) break;
                continue;
            }
            if (!each.bytes.empty() && maybe(random)) each.bytes.resize((each.bytes.size() + 1) / 2);
            apply(each, bytes);
        }
        if (known.is_removed && maybe(random))
            std::filesystem::remove(path);
        else
            std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    }
    files_.clear();
}

} // namespace rejoinder::tests
