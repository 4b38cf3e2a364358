#include "persistence/lifecycle/mend.hpp"

#include "persistence/lifecycle/pages.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

/// Writes a mended value over the one that was read.
task<error_code> write_mended(environment* env, database* of, record before, json value, mend_report* into) {
    record_write write;
    write.id = std::move(before.id);
    write.value = to_text(value);
    write.mode = write_mode::if_revision;
    write.expected = before.revision;
    write.schema_version = before.schema_version;
    write.expires = before.expires;
    change_set changes;
    changes.now = env->utc_now();
    changes.writes.push_back(std::move(write));
    auto committing = of->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    if (outcome.committed())
        ++into->mended_records;
    else if (outcome.error == errc::conflict)
        ++into->changed;
    else
        co_return outcome.error;
    co_return error_code();
}

/// The value to be written; nothing when the record is valid or can't be mended.
std::optional<json> mended_value(const record& one, mend_report& into) {
    auto found = inspect(one);
    if (found.problems.empty()) return std::nullopt;
    if (!found.is_readable) {
        into.incurable.add(one.id, std::move(found.problems));
        return std::nullopt;
    }
    auto mended = found.type->sanitise(one.id, found.value);
    if (!mended || mended->mended.empty()) {
        into.incurable.add(make_finding(one.id, mended ? found.problems.front() : mended.error()));
        return std::nullopt;
    }
    into.mended.add(one.id, std::move(mended->mended));
    return std::move(mended->value);
}

} // namespace

task<result<mend_report>> mend_store(environment* env, database* of, run_mode how, on_progress listener) {
    mend_report report;
    cursor<record_pages> records{record_pages(*of)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        auto* one = records.current();
        if (!one) break;
        ++report.records;
        tell(listener, {.done = report.records});
        auto value = mended_value(*one, report);
        if (!value) continue;
        if (how == run_mode::dry) {
            ++report.mended_records;
            continue;
        }
        auto writing = write_mended(env, of, std::move(*one), std::move(*value), &report);
        if (auto error = co_await std::move(writing)) co_return error;
    }
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
