#include "persistence/lifecycle/export.hpp"

#include "persistence/lifecycle/pages.hpp"

#include <algorithm>

namespace rejoinder::persistence::lifecycle {
namespace {

bool is_wanted(const std::optional<subject>& only, const auto& one) {
    if (!only) return true;
    auto owners = subjects_of(one);
    return std::ranges::find(owners, *only) != owners.end();
}

/// Lines on their way to the sink.
struct export_run {
    export_writer lines;
    export_sink sink;
    on_progress listener;

    void put(const std::string& line) {
        sink(line);
        tell(listener, {.done = lines.counts().records + lines.counts().sessions});
    }
};

/// The log as far as the row knows of it: what was committed since the row was read is left out.
task<error_code> export_log(database* of, session_key key, revision up_to, export_run* into) {
    cursor<log_pages> log{log_pages(*of, key)};
    for (;; log.step()) {
        if (auto error = co_await log.fill()) co_return error;
        const auto* entry = log.current();
        if (!entry) co_return error_code();
        if (entry->revision <= up_to) into->put(into->lines.line(*entry));
    }
}

} // namespace

task<result<item_counts>> export_store(database* of, export_header about, std::optional<subject> only,
                                       export_sink sink, on_progress listener) {
    export_run run{{}, std::move(sink), std::move(listener)};
    run.put(run.lines.header(about));
    cursor<record_pages> records{record_pages(*of)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        const auto* one = records.current();
        if (!one) break;
        if (is_wanted(only, *one)) run.put(run.lines.line(*one));
    }
    cursor<session_pages> sessions{session_pages(*of)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) break;
        if (!is_wanted(only, *row)) continue;
        run.put(run.lines.line(*row));
        auto writing = export_log(of, row->key, row->revision, &run);
        if (auto error = co_await std::move(writing)) co_return error;
    }
    run.put(run.lines.end());
    co_return run.lines.counts();
}

} // namespace rejoinder::persistence::lifecycle
