#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/log_index.hpp"

#include <string>
#include <string_view>

namespace rejoinder::persistence::sqlite {

/// A state without the part that its session's log holds as well. A turn writes that part once, to the end of
/// the log that all sessions share, and not a page of the session's own each time.
struct lean_state {
    std::string text;
    std::string said; ///< where the part is, as the column of that name has it
};
lean_state without_said(std::string_view state, const said_in_log& part);

/// Whether the log keeps the part as long as the row stands, and it lies in the state.
bool can_leave_out(const session_row& row, const said_in_log& part) noexcept;

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
