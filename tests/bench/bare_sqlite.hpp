#pragma once

#include "tests/bench/store_load.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace rejoinder::bench {

/// One thread that writes the texts of turns with SQLite, so many a transaction, and nothing around it: log
/// ahead of writing, `synchronous=FULL`, statements prepared once.
enum class bare_tables {
    least, ///< what keeps a turn and finds it again: a row of the session, and one of its log, found by turn
    same,  ///< the tables, indexes and columns of the store, without conditions, feed and trims
    lazy ///< the same, and a session's row only at each sixteenth of its turns: what the log alone would cost
};

std::string_view to_string(bare_tables tables) noexcept;

load_result run_bare_sqlite(bare_tables tables, const std::string& file, std::size_t sessions,
                            std::size_t turns_per_transaction, std::chrono::duration<double> how_long);

/// Counts the transactions that write, of every connection that this process opens from now on.
void count_sqlite_transactions();
std::size_t sqlite_transactions() noexcept;

} // namespace rejoinder::bench
