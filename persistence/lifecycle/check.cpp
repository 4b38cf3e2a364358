#include "persistence/lifecycle/check.hpp"

#include "persistence/lifecycle/pages.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t told_at_most = 100;

task<error_code> check_log(database* of, session_row row, check_report* into) {
    log_inspection inspection(row);
    cursor<log_pages> log{log_pages(*of, row.key)};
    for (;; log.step()) {
        auto error = co_await log.fill();
        if (error == errc::corrupt) {
            into->wrong.add(row, {{"/log", "cannot be read: it is damaged"}});
            co_return error_code();
        }
        if (error) co_return error;
        const auto* entry = log.current();
        if (!entry) break;
        ++into->entries;
        into->wrong.add(row, inspection.next(*entry));
    }
    into->wrong.add(row, inspection.end());
    co_return error_code();
}

} // namespace

finding make_finding(const record_id& id, record_problem problem) {
    const auto& owner = id.scope;
    std::string others;
    for (const auto* part : {&owner.loop, &owner.device, &owner.person})
        if (!part->empty()) others += (others.empty() ? "" : "/") + *part;
    return {id.type,
            owner.account,
            std::move(others),
            id.key,
            std::move(problem.pointer),
            std::move(problem.message)};
}

finding make_finding(const session_row& row, record_problem problem) {
    return {"session",   row.account.text,           row.user,
            row.id.text, std::move(problem.pointer), std::move(problem.message)};
}

void finding_list::add(finding one) {
    ++count_;
    if (first_.size() < told_at_most) first_.push_back(std::move(one));
}

void finding_list::add(const record_id& id, std::vector<record_problem> problems) {
    for (auto& problem : problems)
        add(make_finding(id, std::move(problem)));
}

void finding_list::add(const session_row& row, std::vector<record_problem> problems) {
    for (auto& problem : problems)
        add(make_finding(row, std::move(problem)));
}

task<result<check_report>> check_store(database* of, session_check restores, on_progress listener) {
    check_report report;
    cursor<record_pages> records{record_pages(*of)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        const auto* one = records.current();
        if (!one) break;
        ++report.records;
        report.wrong.add(one->id, inspect(*one).problems);
        tell(listener, {.done = report.records});
    }
    cursor<session_pages> sessions{session_pages(*of)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        auto* row = sessions.current();
        if (!row) break;
        ++report.sessions;
        auto problems = inspect(*row);
        auto sentence = restores && problems.empty() ? restores(*row) : std::nullopt;
        if (sentence) problems.push_back({"/state", std::move(*sentence)});
        report.wrong.add(*row, std::move(problems));
        auto checking = check_log(of, std::move(*row), &report);
        if (auto error = co_await std::move(checking)) co_return error;
        tell(listener, {.done = report.records + report.sessions});
    }
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
