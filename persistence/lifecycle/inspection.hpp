#pragma once

#include "persistence/session_record.hpp"
#include "persistence/stores/record_types.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::persistence::lifecycle {

/// A record, looked at as its type wants it.
struct inspected {
    const record_type* type = nullptr; ///< nothing: no program of this version knows such records
    bool is_readable = false;          ///< a value of a version that this program knows
    json value;
    std::vector<record_problem> problems; ///< none: it is valid
};

inspected inspect(const record& one);

/// Everything that is wrong with a session's row by itself.
std::vector<record_problem> inspect(const session_row& one);

/// Looks at a session's log, entry by entry from the oldest.
class log_inspection {
public:
    explicit log_inspection(const session_row& of);

    std::vector<record_problem> next(const log_entry& entry);
    std::vector<record_problem> end();

private:
    std::uint64_t head_;
    std::uint64_t floor_;
    std::uint64_t log_bytes_;
    revision row_revision_;
    std::optional<log_position> before_;
    std::uint64_t bytes_ = 0; ///< of the events from the floor on
};

/// What only the rooms above can tell of a session: whether its state can be restored. One sentence, or
/// nothing when it can.
using session_check = std::function<std::optional<std::string>(const session_row&)>;

} // namespace rejoinder::persistence::lifecycle
