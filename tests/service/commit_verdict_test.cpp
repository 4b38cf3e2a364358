#include "service/commit_verdict.hpp"

#include "tests/support/catch.hpp"

#include <optional>

using rejoinder::persistence::commit_outcome;
using rejoinder::persistence::errc;
using namespace rejoinder::service;

namespace {

constexpr std::size_t writes = 2; ///< records in every change set of these tests

commit_outcome ended(std::optional<errc> error, std::size_t conflicting = 0) {
    commit_outcome outcome;
    if (error) outcome.error = *error;
    outcome.conflicting_write = conflicting;
    return outcome;
}

} // namespace

TEST_CASE("a stored session goes on only where what it holds is certainly what is stored") {
    struct row {
        commit_outcome outcome;
        commit_verdict verdict;
    };
    const row table[] = {
        {ended({}), commit_verdict::committed},
        {ended(errc::conflict, 0), commit_verdict::retry},
        {ended(errc::conflict, writes - 1), commit_verdict::retry},
        {ended(errc::conflict, writes), commit_verdict::abandon}, // the session itself
        {ended(errc::fenced), commit_verdict::abandon},
        {ended(errc::duplicate_turn), commit_verdict::recorded},
        {ended(errc::unavailable), commit_verdict::keep},
        {ended(errc::too_large), commit_verdict::keep},
        {ended(errc::unknown_outcome), commit_verdict::abandon},
        {ended(errc::closed), commit_verdict::abandon},
        {ended(errc::corrupt), commit_verdict::abandon},
        {ended(errc::not_found), commit_verdict::abandon},
    };
    for (const auto& row : table) {
        CAPTURE(row.outcome.error.message(), row.outcome.conflicting_write);
        CHECK(judge(row.outcome, writes, session_standing::stored) == row.verdict);
    }
}

TEST_CASE("a session that is not stored yet has nothing to go back to: every failure ends it") {
    CHECK(judge(ended({}), writes, session_standing::unborn) == commit_verdict::committed);
    for (auto error : {errc::conflict, errc::fenced, errc::duplicate_turn, errc::unavailable, errc::too_large,
                       errc::unknown_outcome, errc::closed}) {
        CAPTURE(make_error_code(error).message());
        CHECK(judge(ended(error), writes, session_standing::unborn) == commit_verdict::abandon);
    }
}

TEST_CASE("without records in the change set a conflict is about the session") {
    CHECK(judge(ended(errc::conflict, 0), 0, session_standing::stored) == commit_verdict::abandon);
}
