#pragma once

#include "persistence/document.hpp"
#include "persistence/hash.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// The lines of an export, one JSON object each, so that any tool reads them:
///
///     {"rejoinder":"export","format":1,"store":"sqlite","incarnation":"01J...","version":"0.1.0","at":1766400000000}
///     {"record":{...}}
///     {"session":{...}}
///     {"entry":{...}}                    of the log of the session above it
///     {"end":{"records":1,"sessions":1,"entries":1,"sha256":"..."}}
///
/// The hash in the last line is of all bytes in front of it, so that a file which was cut off or changed is
/// noticed. Records, sessions and entries look as in the file database (`document.hpp`).
namespace rejoinder::persistence::lifecycle {

struct export_header {
    std::string store;       ///< kind of database
    std::string incarnation; ///< of the store
    std::string version;     ///< of the program
    utc_time at{};
    std::string of; ///< whose data it is; empty: everybody's
};

/// How many of each there are.
struct item_counts {
    std::uint64_t records = 0;
    std::uint64_t sessions = 0;
    std::uint64_t entries = 0;
    friend bool operator==(const item_counts&, const item_counts&) = default;
};

/// Makes the lines, with their line breaks.
class export_writer {
public:
    std::string header(const export_header& about);
    std::string line(const record& one);
    std::string line(session_row one); ///< its key means nothing elsewhere and is left out
    std::string line(const log_entry& one);
    std::string end();

    const item_counts& counts() const noexcept { return counts_; }

private:
    std::string hashed(const document& what);

    sha256_stream hash_;
    item_counts counts_;
};

/// What a line holds; the text says what is wrong with it.
using export_item = std::variant<export_header, record, session_row, log_entry, item_counts, std::string>;

/// Reads the lines, checks their order and, at the end, counts and hash.
class export_reader {
public:
    /// The line is without its line break.
    export_item read(std::string_view line);

    /// Whether the first line was that of an export that this program reads.
    bool begun() const noexcept { return begun_; }

    /// Whether the last line was there, and right.
    bool complete() const noexcept { return complete_; }
    const item_counts& counts() const noexcept { return counts_; }

private:
    export_item read_header(const document& from);
    export_item read_end(const document& from);

    sha256_stream hash_;
    item_counts counts_;
    bool begun_ = false;
    bool ended_ = false;
    bool complete_ = false;
};

} // namespace rejoinder::persistence::lifecycle
