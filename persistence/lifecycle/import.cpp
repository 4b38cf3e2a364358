#include "persistence/lifecycle/import.hpp"

#include "persistence/columns.hpp"
#include "persistence/file/lines.hpp"
#include "persistence/lifecycle/erase.hpp"
#include "persistence/lifecycle/inspection.hpp"
#include "persistence/lifecycle/transplanter.hpp"
#include "persistence/stores/tombstone.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t most_faults = 100;
constexpr std::size_t most_erased_sessions = 100'000;

/// Reads an export to its end and says what is wrong with it; writes nothing.
class export_check {
public:
    export_check(import_options options, erasures& erased, import_report& into)
        : options_(options), erased_(erased), report_(into) {}

    void run(file::line_reader& lines) {
        while (auto line = lines.next()) {
            if (!lines.is_whole())
                fault(lines.number(), "is cut off");
            else
                check(lines.number(), reader_.read(*line));
            if (!reader_.begun()) return; // what follows means nothing
        }
        if (!reader_.complete()) fault(0, "the export has no end: lines are missing");
        report_.counts = reader_.counts();
    }

private:
    void check(std::uint64_t line, const export_item& item) {
        if (const auto* wrong = std::get_if<std::string>(&item)) fault(line, *wrong);
        if (const auto* header = std::get_if<export_header>(&item)) report_.from = *header;
        if (const auto* one = std::get_if<record>(&item)) check_record(line, *one);
        if (const auto* row = std::get_if<session_row>(&item)) check_session(line, *row);
    }
    /// Records stand in front of sessions, so the tombstones are all known here.
    void check_session(std::uint64_t line, const session_row& row) {
        if (row.id.empty() || row.account.empty() || row.revision == revision{})
            return fault(line, "holds a session without id, account or revision");
        if (!erased_.cover(row)) return;
        erased_.add_session(row.id.text);
        if (erased_.sessions() > most_erased_sessions)
            fault(line, "is of one session too many that was erased");
    }
    void check_record(std::uint64_t line, const record& one) {
        if (one.revision == revision{} || one.value.size() > max_value_size)
            return fault(line, "holds a record without revision, or one that is too large");
        auto found = inspect(one);
        if (options_.records == import_options::schemas::checked && !found.problems.empty()) {
            const auto& first = found.problems.front();
            fault(line, "holds a record of the type " + one.id.type + " that is wrong at '" + first.pointer +
                            "': " + first.message);
        }
        if (one.id.type != tombstone_record::shape.type || !found.problems.empty()) return;
        auto read = to_stored<tombstone_record>(one);
        if (read) erased_.add(read->key, read->value.erased);
    }
    void fault(std::uint64_t line, std::string what) {
        if (++report_.fault_count <= most_faults) report_.faults.push_back({line, std::move(what)});
    }

    import_options options_;
    erasures& erased_; ///< gets what the export's own tombstones cover
    import_report& report_;
    export_reader reader_;
};

/// Goes through a sound export once more and puts what it holds in place.
class import_run {
public:
    import_run(database& into, import_options options, const erasures& erased, import_report& report)
        : into_(into),
          writes_(options.how == run_mode::real),
          erased_(erased),
          report_(report),
          putting_(into) {}

    task<error_code> run(file::line_reader* lines, on_progress listener) {
        export_reader reader;
        std::uint64_t total = report_.counts.records + report_.counts.sessions;
        while (auto line = lines->next()) {
            auto item = reader.read(*line);
            auto putting = put(std::move(item));
            if (auto error = co_await std::move(putting)) co_return error;
            tell(listener, {reader.counts().records + reader.counts().sessions, total});
        }
        auto flushing = putting_.flush();
        co_return co_await std::move(flushing);
    }

private:
    task<error_code> put(export_item item) {
        if (auto* one = std::get_if<record>(&item)) return put_record(std::move(*one));
        if (auto* row = std::get_if<session_row>(&item)) return put_session(std::move(*row));
        if (auto* entry = std::get_if<log_entry>(&item)) return put_entry(std::move(*entry));
        return nothing();
    }
    static task<error_code> nothing() { co_return error_code(); }

    task<error_code> put_record(record one) {
        if (erased_.cover(one)) {
            ++report_.erased;
            co_return error_code();
        }
        if (auto mended = erased_.mended_value(one)) one.value = std::move(*mended);
        auto reading = into_.read(one.id);
        auto standing = co_await std::move(reading);
        if (!standing && standing.error() != errc::not_found) co_return standing.error();
        if (standing && fields(*standing) == fields(one)) {
            ++report_.same;
            co_return error_code();
        }
        if (standing) ++report_.replaced;
        if (!writes_) co_return error_code();
        auto putting = putting_.put(std::move(one));
        co_return co_await std::move(putting);
    }
    task<error_code> put_session(session_row row) {
        skips_entries_ = erased_.cover(row) || !writes_;
        if (erased_.cover(row)) {
            ++report_.erased;
            co_return error_code();
        }
        auto reading = into_.read_session(row.id);
        auto standing = co_await std::move(reading);
        if (!standing && standing.error() != errc::not_found) co_return standing.error();
        if (standing && fields(*standing) != fields(row)) ++report_.replaced;
        if (!writes_) co_return error_code();
        auto putting = putting_.put(std::move(row));
        co_return co_await std::move(putting);
    }
    task<error_code> put_entry(log_entry entry) {
        if (skips_entries_) co_return error_code();
        auto putting = putting_.put(std::move(entry));
        co_return co_await std::move(putting);
    }

    database& into_;
    bool writes_;
    const erasures& erased_;
    import_report& report_;
    transplanter putting_;
    bool skips_entries_ = false; ///< of the session that was met last
};

} // namespace

task<result<import_report>> import_store(environment* env, database* into, open_export open,
                                         import_options options, on_progress listener) {
    import_report report;
    auto loading = load_erasures(into);
    auto erased = co_await std::move(loading);
    if (!erased) co_return erased.error();
    auto known = erased->size();
    export_check check(options, *erased, report);
    {
        file::line_reader lines(open());
        check.run(lines);
    }
    if (report.fault_count > 0) co_return report;
    bool brings_erasures = erased->size() > known;

    import_run run(*into, options, *erased, report);
    file::line_reader lines(open());
    auto running = run.run(&lines, listener);
    if (auto error = co_await std::move(running)) co_return error;
    if (brings_erasures && options.how == run_mode::real) {
        auto erasing = apply_erasures(env, into, *erased, {});
        auto gone = co_await std::move(erasing);
        if (!gone) co_return gone.error();
    }
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
