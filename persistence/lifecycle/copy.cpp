#include "persistence/lifecycle/copy.hpp"

#include "persistence/columns.hpp"
#include "persistence/lifecycle/pages.hpp"
#include "persistence/lifecycle/remover.hpp"
#include "persistence/lifecycle/transplanter.hpp"
#include "persistence/rules.hpp"
#include "persistence/stores/tombstone.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

enum class side { source, both, target };
enum class likeness { same, different };

/// Which of two sorted walks the next item is from; not both are at their end.
template <class Item, class Less>
side next_side(const Item* source, const Item* target, Less is_before) {
    if (!source) return side::target;
    if (!target) return side::source;
    if (is_before(*source, *target)) return side::source;
    return is_before(*target, *source) ? side::target : side::both;
}

/// Goes through both stores once, and writes what differs or only counts it.
class store_merge {
public:
    enum class mode { survey, write };

    store_merge(environment& env, database& from, database& to, const erasures& erased, copy_options options,
                mode what)
        : from_(from),
          to_(to),
          erased_(erased),
          options_(options),
          mode_(what),
          putting_(to),
          removing_(env, to, run_mode::real) {}

    task<error_code> run(on_progress listener, std::uint64_t total);
    const copy_report& report() const noexcept { return report_; }

private:
    task<error_code> merge_records(on_progress listener, std::uint64_t total);
    task<error_code> merge_sessions(on_progress listener, std::uint64_t total);
    task<error_code> put_record(record one);
    task<error_code> put_session(session_row row);
    task<error_code> drop(record one);
    task<error_code> drop(session_row one);
    task<result<likeness>> compare(session_row source, session_row target);

    bool writes() const noexcept { return mode_ == mode::write; }
    progress now(std::uint64_t total) const noexcept { return {report_.records + report_.sessions, total}; }

    database& from_;
    database& to_;
    const erasures& erased_;
    copy_options options_;
    mode mode_;
    transplanter putting_;
    remover removing_;
    copy_report report_;
};

task<error_code> store_merge::run(on_progress listener, std::uint64_t total) {
    auto records = merge_records(listener, total);
    if (auto error = co_await std::move(records)) co_return error;
    auto sessions = merge_sessions(listener, total);
    if (auto error = co_await std::move(sessions)) co_return error;
    auto putting = putting_.flush();
    if (auto error = co_await std::move(putting)) co_return error;
    auto removing = removing_.flush();
    co_return co_await std::move(removing);
}

task<error_code> store_merge::merge_records(on_progress listener, std::uint64_t total) {
    cursor<record_pages> sources{record_pages(from_)};
    cursor<record_pages> targets{record_pages(to_)};
    auto is_before = [](const record& a, const record& b) { return rules::walk_order()(a.id, b.id); };
    for (;;) {
        if (auto error = co_await sources.fill()) co_return error;
        if (auto error = co_await targets.fill()) co_return error;
        auto* source = sources.current();
        auto* target = targets.current();
        if (source && erased_.cover(*source)) {
            ++report_.erased;
            sources.step();
            continue;
        }
        if (!source && !target) co_return error_code();
        if (auto mended = source ? erased_.mended_value(*source) : std::nullopt)
            source->value = std::move(*mended);
        auto which = next_side(source, target, is_before);
        if (which != side::target) {
            sources.step();
            ++report_.records;
            tell(listener, now(total));
        }
        if (which != side::source) targets.step();
        if (which == side::both && fields(*source) == fields(*target)) continue;
        auto writing = which == side::target ? drop(std::move(*target)) : put_record(std::move(*source));
        if (auto error = co_await std::move(writing)) co_return error;
    }
}

task<error_code> store_merge::merge_sessions(on_progress listener, std::uint64_t total) {
    cursor<session_pages> sources{session_pages(from_)};
    cursor<session_pages> targets{session_pages(to_)};
    auto is_before = [](const session_row& a, const session_row& b) { return a.id < b.id; };
    for (;;) {
        if (auto error = co_await sources.fill()) co_return error;
        if (auto error = co_await targets.fill()) co_return error;
        auto* source = sources.current();
        auto* target = targets.current();
        if (source && erased_.cover(*source)) {
            ++report_.erased;
            sources.step();
            continue;
        }
        if (!source && !target) co_return error_code();
        auto which = next_side(source, target, is_before);
        if (which != side::target) {
            sources.step();
            ++report_.sessions;
            tell(listener, now(total));
        }
        if (which != side::source) targets.step();
        if (which == side::target) {
            auto dropping = drop(std::move(*target));
            if (auto error = co_await std::move(dropping)) co_return error;
            continue;
        }
        auto row = std::move(*source);
        if (which == side::both) {
            auto comparing = compare(row, std::move(*target));
            auto same = co_await std::move(comparing);
            if (!same) co_return same.error();
            if (*same == likeness::same) continue;
        }
        auto putting = put_session(std::move(row));
        if (auto error = co_await std::move(putting)) co_return error;
    }
}

task<error_code> store_merge::put_record(record one) {
    ++report_.written_records;
    if (!writes()) co_return error_code();
    auto putting = putting_.put(std::move(one));
    co_return co_await std::move(putting);
}

task<error_code> store_merge::put_session(session_row row) {
    ++report_.written_sessions;
    if (!writes()) co_return error_code();
    cursor<log_pages> log{log_pages(from_, row.key)};
    row.key = {};
    auto beginning = putting_.put(std::move(row));
    if (auto error = co_await std::move(beginning)) co_return error;
    for (;; log.step()) {
        if (auto error = co_await log.fill()) co_return error;
        auto* entry = log.current();
        if (!entry) co_return error_code();
        auto putting = putting_.put(std::move(*entry));
        if (auto error = co_await std::move(putting)) co_return error;
    }
}

task<error_code> store_merge::drop(record one) {
    // What was erased here stays erased, whether the source knows of it or not.
    if (one.id.type == tombstone_record::shape.type) co_return error_code();
    bool goes = options_.only_in_target == copy_options::others::remove || erased_.cover(one);
    ++(goes ? report_.removed_records : report_.other_records);
    if (!goes || !writes()) co_return error_code();
    auto removing = removing_.remove(one);
    co_return co_await std::move(removing);
}

task<error_code> store_merge::drop(session_row one) {
    bool goes = options_.only_in_target == copy_options::others::remove || erased_.cover(one);
    ++(goes ? report_.removed_sessions : report_.other_sessions);
    if (!goes || !writes()) co_return error_code();
    auto removing = removing_.remove(one);
    co_return co_await std::move(removing);
}

task<result<likeness>> store_merge::compare(session_row source, session_row target) {
    if (fields(source) != fields(target)) co_return likeness::different;
    cursor<log_pages> sources{log_pages(from_, source.key)};
    cursor<log_pages> targets{log_pages(to_, target.key)};
    for (;; sources.step(), targets.step()) {
        if (auto error = co_await sources.fill()) co_return error;
        if (auto error = co_await targets.fill()) co_return error;
        const auto* a = sources.current();
        const auto* b = targets.current();
        if (!a && !b) co_return likeness::same;
        if (!a || !b) co_return likeness::different;
        if (fields(*a) != fields(*b)) co_return likeness::different;
    }
}

} // namespace

task<result<copy_report>> copy_store(environment* env, database* from, database* to, copy_options options,
                                     on_progress listener) {
    auto loading = load_erasures(from);
    auto erased = co_await std::move(loading);
    if (!erased) co_return erased.error();
    auto loading_more = load_erasures(to);
    auto more = co_await std::move(loading_more);
    if (!more) co_return more.error();
    erased->add(*more);
    for (auto* side : {from, to}) {
        auto adding = add_erased_sessions(side, &*erased);
        if (auto error = co_await std::move(adding)) co_return error;
    }

    store_merge survey(*env, *from, *to, *erased, options, store_merge::mode::survey);
    if (auto error = co_await survey.run(listener, 0)) co_return error;
    auto report = survey.report();
    if (options.how == run_mode::dry || report.refused()) co_return report;

    if (report.changes() > 0) {
        store_merge merge(*env, *from, *to, *erased, options, store_merge::mode::write);
        if (auto error = co_await merge.run(listener, report.records + report.sessions)) co_return error;
        report = merge.report();
    }
    auto reading_source = digest_store(from, *erased, {});
    auto source = co_await std::move(reading_source);
    if (!source) co_return source.error();
    auto reading_target = digest_store(to, {}, {});
    auto target = co_await std::move(reading_target);
    if (!target) co_return target.error();
    report.source = *source;
    report.target = *target;
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
