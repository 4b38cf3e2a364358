#pragma once

#include "persistence/environment.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace rejoinder::tests::simulation {

/// What has happened in a simulation, line by line: a hash of all of it, and the latest lines to read.
class trace {
public:
    static constexpr std::size_t kept_lines = 400;

    explicit trace(environment& env) : environment_(env), began_(env.steady_now()) {}

    void add(std::string_view who, std::string_view what) {
        auto at = (environment_.steady_now() - began_).count();
        auto line = std::to_string(at) + " " + std::string(who) + " " + std::string(what);
        for (unsigned char byte : line)
            hash_ = (hash_ ^ byte) * 1099511628211ULL; // FNV-1a
        ++count_;
        lines_.push_back(std::move(line));
        if (lines_.size() > kept_lines) lines_.pop_front();
    }

    std::uint64_t hash() const noexcept { return hash_; }
    std::uint64_t count() const noexcept { return count_; }

    /// The latest lines.
    std::string text() const {
        std::string all;
        for (const auto& line : lines_)
            all += line + "\n";
        return all;
    }

private:
    environment& environment_;
    steady_time began_;
    std::uint64_t hash_ = 14695981039346656037ULL;
    std::uint64_t count_ = 0;
    std::deque<std::string> lines_;
};

} // namespace rejoinder::tests::simulation
