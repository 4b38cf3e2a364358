#pragma once

#include "persistence/encryption/sealed_text.hpp"
#include "persistence/size_bounds.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

/// What bounds of plain texts become for the database that stores them sealed: never so low that it stops
/// before the plain bound is reached.
namespace rejoinder::persistence::encryption {

/// Beside its text a sealed one holds a name: a key or a session's id.
inline constexpr std::size_t longest_name = 4096;

/// Bytes by which the short texts of one record or entry grow.
inline constexpr std::size_t growth = 1024;

constexpr std::size_t sum(std::size_t a, std::size_t b) noexcept {
    return b > std::numeric_limits<std::size_t>::max() - a ? std::numeric_limits<std::size_t>::max() : a + b;
}

/// Of texts that are `bytes` long together, `count` of them.
constexpr std::size_t sealed_bytes(std::size_t bytes, std::size_t count) noexcept {
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    auto grown = count > most / growth ? most : count * growth;
    return sum(sum(bytes, bytes / 3 + 1), grown);
}

/// For a read of a log: an entry that holds events holds at least one, and two bytes of them.
constexpr std::size_t sealed_log_bytes(std::size_t max_events, std::size_t max_bytes) noexcept {
    return sealed_bytes(max_bytes, std::min(max_events, max_bytes / 2 + 1));
}

/// For the database that stores what these bounds let through.
constexpr size_bounds sealed_bounds(const size_bounds& plain) noexcept {
    constexpr std::size_t most_records = 1000; // of a read
    constexpr std::size_t most_moved = 16'384; // of a transfer: records, rows and entries
    return {largest_sealed(plain.text + longest_name), sealed_bytes(plain.read, most_records),
            sealed_bytes(plain.transfer, most_moved)};
}

} // namespace rejoinder::persistence::encryption
