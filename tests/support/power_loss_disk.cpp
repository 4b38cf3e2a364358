#include "tests/support/power_loss_disk.hpp"

#include <algorithm>
#include <system_error>

namespace rejoinder::tests {
namespace {

class node_input final : public persistence::file::input {
public:
    explicit node_input(std::string bytes) : bytes_(std::move(bytes)) {}
    std::size_t read(std::span<char> into) override {
        auto count = std::min(into.size(), bytes_.size() - position_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(position_), count, into.begin());
        position_ += count;
        return count;
    }

private:
    std::string bytes_;
    std::size_t position_ = 0;
};

std::size_t up_to(std::size_t most, std::mt19937_64& random) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

[[noreturn]] void refuse(std::errc why, const std::string& name) {
    throw std::system_error(std::make_error_code(why), name);
}

} // namespace

class power_loss_disk::node_output final : public persistence::file::output {
public:
    node_output(power_loss_disk& disk, std::shared_ptr<node> file) : disk_(disk), file_(std::move(file)) {}

    /// Half of it may be there when the power goes while it is written.
    void append(std::string_view bytes) override {
        auto half = bytes.size() / 2;
        file_->bytes += bytes.substr(0, half);
        disk_.step();
        file_->bytes += bytes.substr(half);
    }
    void sync() override {
        disk_.step();
        file_->synced = file_->bytes;
    }
    void truncate(std::uint64_t size) override {
        disk_.step();
        file_->bytes.resize(size);
    }

private:
    power_loss_disk& disk_;
    std::shared_ptr<node> file_;
};

void power_loss_disk::step() {
    if (++steps_ == power_goes_at_) throw power_lost{};
}

void power_loss_disk::change_names(std::function<void(names&)> change) {
    step();
    change(names_);
    changes_.push_back(std::move(change));
}

std::vector<std::string> power_loss_disk::list() {
    std::vector<std::string> found;
    for (const auto& [name, file] : names_)
        found.push_back(name);
    return found;
}

std::unique_ptr<persistence::file::output> power_loss_disk::create(const std::string& name) {
    if (exists(name)) refuse(std::errc::file_exists, name);
    auto made = std::make_shared<node>();
    change_names([=](names& of) { of[name] = made; });
    return std::make_unique<node_output>(*this, made);
}

std::unique_ptr<persistence::file::output> power_loss_disk::open(const std::string& name) {
    if (!exists(name)) refuse(std::errc::no_such_file_or_directory, name);
    return std::make_unique<node_output>(*this, names_.at(name));
}

std::unique_ptr<persistence::file::input> power_loss_disk::read(const std::string& name) {
    if (!exists(name)) refuse(std::errc::no_such_file_or_directory, name);
    return std::make_unique<node_input>(names_.at(name)->bytes);
}

void power_loss_disk::rename(const std::string& from, const std::string& to) {
    change_names([=](names& of) {
        auto moved = of.extract(from);
        of[to] = moved.mapped();
    });
}

void power_loss_disk::remove(const std::string& name) {
    change_names([=](names& of) { of.erase(name); });
}

void power_loss_disk::sync_names() {
    step();
    synced_names_ = names_;
    changes_.clear();
}

void power_loss_disk::crash(std::mt19937_64& random) {
    power_goes_at_ = 0;
    names_ = synced_names_;
    auto kept = up_to(changes_.size(), random);
    for (std::size_t i = 0; i < kept; ++i)
        changes_[i](names_);
    changes_.clear();
    synced_names_ = names_;
    for (auto& [name, file] : names_) {
        auto& bytes = file->bytes;
        if (bytes.starts_with(file->synced)) {
            bytes.resize(file->synced.size() + up_to(bytes.size() - file->synced.size(), random));
            auto zeros = up_to(bytes.size() - file->synced.size(), random) / 2;
            if (up_to(2, random) == 0)
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(file->synced.size()), zeros, '\0');
        } else if (up_to(1, random) == 0) {
            bytes = file->synced; // a truncation that was not synced may be undone
        }
        file->synced = bytes;
    }
}

} // namespace rejoinder::tests
