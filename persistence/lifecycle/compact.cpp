#include "persistence/lifecycle/compact.hpp"

namespace rejoinder::persistence::lifecycle {

task<result<compact_report>> compact_store(environment* env, database* of, retention_rules rules,
                                           run_mode how) {
    compact_report report;
    auto measuring = of->size();
    auto before = co_await std::move(measuring);
    if (!before) co_return before.error();
    report.bytes_before = report.bytes_after = *before;

    auto retaining = apply_retention(env, of, rules, how);
    auto removed = co_await std::move(retaining);
    if (!removed) co_return removed.error();
    report.removed = *removed;
    if (how == run_mode::dry) co_return report;

    auto compacting = of->compact();
    if (auto error = co_await std::move(compacting)) co_return error;
    auto measuring_again = of->size();
    auto after = co_await std::move(measuring_again);
    if (!after) co_return after.error();
    report.bytes_after = *after;
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
