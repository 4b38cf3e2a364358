#pragma once

#include "persistence/file/disk.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace rejoinder::tests {

/// Thrown at the step at which the power goes.
struct power_lost {};

/// A folder in memory that forgets what was not synced when its power goes: of a file what was appended since
/// its last `sync`, or a part of it, with a part of that part written as zeros; of the folder the names that
/// were created, renamed or removed since the last `sync_names`, from some point on.
class power_loss_disk final : public persistence::file::disk {
public:
    /// The power goes at the n-th step that writes; 0: never.
    void lose_power_at(std::size_t step) noexcept { power_goes_at_ = step; }
    std::size_t steps() const noexcept { return steps_; }

    /// What a machine finds after the power is back, one of the possible ways.
    void crash(std::mt19937_64& random);

    /// Changes the bytes of a file as nothing but a broken disk does.
    std::string& bytes_of(const std::string& name) { return names_.at(name)->bytes; }

    std::vector<std::string> list() override;
    bool exists(const std::string& name) override { return names_.contains(name); }
    std::unique_ptr<persistence::file::output> create(const std::string& name) override;
    std::unique_ptr<persistence::file::output> open(const std::string& name) override;
    std::unique_ptr<persistence::file::input> read(const std::string& name) override;
    std::uint64_t size(const std::string& name) override { return names_.at(name)->bytes.size(); }
    void rename(const std::string& from, const std::string& to) override;
    void remove(const std::string& name) override;
    void sync_names() override;

private:
    struct node {
        std::string bytes;
        std::string synced;
    };
    using names = std::map<std::string, std::shared_ptr<node>>;
    class node_output;

    void step();
    void change_names(std::function<void(names&)> change);

    names names_;
    names synced_names_;
    std::vector<std::function<void(names&)>> changes_; // since the names were synced
    std::size_t steps_ = 0;
    std::size_t power_goes_at_ = 0;
};

} // namespace rejoinder::tests
