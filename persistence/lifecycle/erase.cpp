#include "persistence/lifecycle/erase.hpp"

#include "persistence/lifecycle/pages.hpp"
#include "persistence/lifecycle/remover.hpp"

#include <set>
#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

/// Sessions whose ids are held at a time; each such lot costs a walk through the records.
constexpr std::size_t sessions_at_once = 10'000;

enum class lot { last, further };

/// Goes through a store and removes what is covered.
class erase_run {
public:
    erase_run(environment& env, database& of, const erasures& what, run_mode how, on_progress listener)
        : env_(env),
          of_(of),
          what_(what),
          mode_(how),
          listener_(std::move(listener)),
          removing_(env, of, how) {}

    task<error_code> run();
    erase_report report() const { return {removing_.records(), removing_.sessions(), mended_}; }
    std::uint64_t changed() const noexcept { return removing_.changed(); }

private:
    task<result<lot>> collect_sessions();
    task<error_code> remove_records();
    task<error_code> remove_sessions();
    task<error_code> mend(record one, std::string value);

    environment& env_;
    database& of_;
    const erasures& what_;
    run_mode mode_;
    on_progress listener_;
    remover removing_;
    session_id after_;
    std::vector<session_row> sessions_; ///< of this lot, without most of their texts
    std::set<std::string, std::less<>> ids_;
    bool is_first_ = true; ///< walk through the records: later ones look for sessions only
    std::uint64_t mended_ = 0;
    std::uint64_t walked_ = 0;
};

/// What is kept for a session goes first: while the session is there, a run that was interrupted finds it
/// again.
task<error_code> erase_run::run() {
    for (auto which = lot::further; which == lot::further;) {
        auto collecting = collect_sessions();
        auto collected = co_await std::move(collecting);
        if (!collected) co_return collected.error();
        which = *collected;
        auto records = remove_records();
        if (auto error = co_await std::move(records)) co_return error;
        auto sessions = remove_sessions();
        if (auto error = co_await std::move(sessions)) co_return error;
    }
    co_return error_code();
}

/// The next sessions that are covered.
task<result<lot>> erase_run::collect_sessions() {
    sessions_.clear();
    ids_.clear();
    session_pages pages(of_, after_);
    for (;;) {
        auto reading = pages.next();
        auto page = co_await std::move(reading);
        if (!page) co_return page.error();
        if (page->empty()) co_return lot::last;
        after_ = page->back().id;
        for (auto& row : *page) {
            if (!what_.cover(row)) continue;
            session_row named;
            named.id = row.id;
            named.revision = row.revision;
            named.metadata = std::move(row.metadata); // tells what is kept for it beside it
            ids_.insert(row.id.text);
            sessions_.push_back(std::move(named));
        }
        if (sessions_.size() >= sessions_at_once) co_return lot::further;
    }
}

task<error_code> erase_run::remove_records() {
    cursor<record_pages> records{record_pages(of_)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        auto* one = records.current();
        if (!one) break;
        tell(listener_, {.done = ++walked_});
        if ((is_first_ && what_.cover(*one)) || (!ids_.empty() && ids_.contains(session_of(*one)))) {
            auto removing = removing_.remove(*one);
            if (auto error = co_await std::move(removing)) co_return error;
        } else if (auto value = is_first_ ? what_.mended_value(*one) : std::nullopt) {
            auto mending = mend(std::move(*one), std::move(*value));
            if (auto error = co_await std::move(mending)) co_return error;
        }
    }
    is_first_ = false;
    auto flushing = removing_.flush();
    co_return co_await std::move(flushing);
}

task<error_code> erase_run::remove_sessions() {
    for (auto& row : std::exchange(sessions_, {})) {
        auto removing = removing_.remove(row);
        if (auto error = co_await std::move(removing)) co_return error;
    }
    auto flushing = removing_.flush();
    co_return co_await std::move(flushing);
}

task<error_code> erase_run::mend(record one, std::string value) {
    ++mended_;
    if (mode_ == run_mode::dry) co_return error_code();
    record_write write;
    write.id = std::move(one.id);
    write.value = std::move(value);
    write.mode = write_mode::if_revision;
    write.expected = one.revision;
    write.schema_version = one.schema_version;
    write.expires = one.expires;
    change_set changes;
    changes.now = env_.utc_now();
    changes.writes.push_back(std::move(write));
    auto committing = of_.commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    co_return outcome.error;
}

/// What has changed while it was removed is met again by another run.
constexpr int most_runs = 8;

task<result<erase_report>> erase(environment* env, database* of, const erasures* what, run_mode how,
                                 on_progress listener) {
    erase_report total;
    for (int i = 0; i < most_runs; ++i) {
        erase_run run(*env, *of, *what, how, listener);
        auto running = run.run();
        if (auto error = co_await std::move(running)) co_return error;
        total.records += run.report().records;
        total.sessions += run.report().sessions;
        total.mended += run.report().mended;
        if (run.changed() == 0) co_return total;
    }
    co_return errc::conflict;
}

} // namespace

task<result<erase_report>> apply_erasures(environment* env, database* of, erasures what,
                                          on_progress listener) {
    auto erasing = erase(env, of, &what, run_mode::real, std::move(listener));
    co_return co_await std::move(erasing);
}

task<result<erase_report>> erase_subject(environment* env, database* of, subject who, run_mode how,
                                         on_progress listener) {
    if (how == run_mode::real) {
        change_set changes;
        changes.now = env->utc_now();
        changes.writes.push_back(make_tombstone(who, changes.now));
        auto committing = of->commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (!outcome.committed()) co_return outcome.error;
    }
    // Whatever a clock said when it was made: now all of it goes.
    erasures all;
    all.add(erasures::hash_of(who), utc_time::max());
    auto erasing = erase(env, of, &all, how, std::move(listener));
    auto report = co_await std::move(erasing);
    if (!report || how == run_mode::dry) co_return report;
    auto compacting = of->compact();
    if (auto error = co_await std::move(compacting)) co_return error;
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
