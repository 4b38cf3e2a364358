#pragma once

#include "persistence/lifecycle/inspection.hpp"
#include "persistence/lifecycle/progress.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rejoinder::persistence::lifecycle {

/// Something that is wrong: where it stands, and one sentence; never a value.
struct finding {
    std::string what; ///< the record's type, or `session`
    std::string account;
    std::string owner; ///< the other parts of its scope, with slashes between
    std::string key;   ///< of the record; the session's id
    std::string place; ///< JSON Pointer into it
    std::string message;
};

finding make_finding(const record_id& id, record_problem problem);
finding make_finding(const session_row& row, record_problem problem);

/// Some findings and the number of all of them.
class finding_list {
public:
    void add(finding one);
    void add(const record_id& id, std::vector<record_problem> problems);
    void add(const session_row& row, std::vector<record_problem> problems);

    const std::vector<finding>& first() const noexcept { return first_; } ///< at most 100
    std::uint64_t count() const noexcept { return count_; }

private:
    std::vector<finding> first_;
    std::uint64_t count_ = 0;
};

struct check_report {
    std::uint64_t records = 0;
    std::uint64_t sessions = 0;
    std::uint64_t entries = 0;
    finding_list wrong;
};

/// Looks at every record, session and log entry. Changes nothing. The database outlives the task.
task<result<check_report>> check_store(database* of, session_check restores, on_progress listener);

} // namespace rejoinder::persistence::lifecycle
