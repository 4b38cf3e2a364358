#pragma once

#include "persistence/document.hpp"
#include "persistence/file/disk.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::persistence::file {

/// One line of a journal or snapshot: `["0123456789abcdef",{...}]`, a JSON array of a checksum and a
/// document, so that any JSON tool reads it. The checksum is the first 64 bits of the SHA-256 of the
/// document's bytes.
std::string seal(std::string_view json);

/// The document of a sealed line; nothing when the line is damaged.
std::optional<document> unseal(std::string_view line);

/// A line is no longer (a change set of 16 MiB with every character escaped fits).
inline constexpr std::size_t longest_line = 64 << 20;

/// Reads a file line by line.
class line_reader {
public:
    explicit line_reader(std::unique_ptr<input> from) : from_(std::move(from)) {}

    /// The next line without its line break; nothing at the end. The text is valid until the next call.
    std::optional<std::string_view> next();

    /// Bytes in front of the line that `next` returned last, and behind it with its line break.
    std::uint64_t begin() const noexcept { return begin_; }
    std::uint64_t end() const noexcept { return end_; }
    /// Whether that line ended with a line break, as every line that was written whole does.
    bool is_whole() const noexcept { return whole_; }
    std::uint64_t number() const noexcept { return number_; } ///< of that line, from 1

private:
    bool fill();

    std::unique_ptr<input> from_;
    std::string buffer_;
    std::size_t used_ = 0; // of the buffer, by lines that were returned
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t number_ = 0;
    bool whole_ = false;
};

} // namespace rejoinder::persistence::file
