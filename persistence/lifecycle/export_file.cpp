#include "persistence/lifecycle/export_file.hpp"

#include "persistence/log.hpp"

#include <filesystem>
#include <system_error>

namespace rejoinder::persistence::lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffered = 1 << 20;

std::unique_ptr<file::disk> folder_of(const std::string& path) {
    return file::make_system_disk(fs::absolute(path).parent_path().string());
}

std::string name_of(const std::string& path) {
    return fs::absolute(path).filename().string();
}

} // namespace

export_file::export_file(const std::string& path)
    : folder_(folder_of(path)), name_(name_of(path)), temporary_(name_ + ".new") {
    if (folder_->exists(name_)) throw std::system_error(std::make_error_code(std::errc::file_exists), path);
    if (folder_->exists(temporary_)) folder_->remove(temporary_);
    out_ = folder_->create(temporary_);
}

export_file::~export_file() {
    if (!out_) return;
    try {
        folder_->remove(temporary_);
    } catch (const std::system_error& failure) {
        log::warning("export_left_behind", {{"file", temporary_}, {"why", failure.what()}});
    }
}

void export_file::append(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() < buffered) return;
    out_->append(buffer_);
    buffer_.clear();
}

void export_file::finish() {
    out_->append(buffer_);
    out_->sync();
    folder_->rename(temporary_, name_);
    out_.reset();
    folder_->sync_names();
}

std::unique_ptr<file::input> read_file(const std::string& path) {
    return folder_of(path)->read(name_of(path));
}

} // namespace rejoinder::persistence::lifecycle
