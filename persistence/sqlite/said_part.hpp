#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_index.hpp"

#include <string>
#include <string_view>

namespace rejoinder::persistence::sqlite {

/// Where a part is that the row's state has not, as the column `said` has it. A turn writes such a part once,
/// to the end of the log that all sessions share, and not a page of the session's own each time.
std::string column_of(const said_in_log& part);

/// Makes rows whole again that were stored without the part. Reads in the transaction that has read the row.
class said_part {
public:
    explicit said_part(connection& on);

    /// `said` is what the row's column says. Where the log does not hold the part any more, or can't be read
    /// there, which only a hand or a fault can have done, the state stays without it and the operator is
    /// told: its owner's checksum refuses it, and whoever reads other sessions goes on.
    void put_back(session_row& row, std::string_view said);

private:
    std::string read(const session_row& row, const said_in_log& part);

    log_walk messages_;
};

} // namespace rejoinder::persistence::sqlite
