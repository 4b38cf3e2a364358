#include "persistence/lifecycle/statistics.hpp"

#include "persistence/lifecycle/pages.hpp"
#include "persistence/rules.hpp"

#include <algorithm>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t most_types = 256;

kind_statistics& kind_of(const record& one, store_statistics& in) {
    auto known = in.records.find(one.id.type);
    if (known != in.records.end()) return known->second;
    return in.records[in.records.size() < most_types ? one.id.type : "(others)"];
}

task<error_code> count_log(database* of, session_key session, store_statistics* into) {
    cursor<log_pages> log{log_pages(*of, session)};
    for (;; log.step()) {
        if (auto error = co_await log.fill()) co_return error;
        const auto* entry = log.current();
        if (!entry) co_return error_code();
        into->entries.add(entry->at, rules::size_of(*entry), false);
        if (!entry->turn.empty()) ++into->turns;
    }
}

} // namespace

void kind_statistics::add(utc_time created, std::uint64_t size, bool is_expired) {
    ++count;
    bytes += size;
    if (is_expired) ++expired;
    oldest = std::min(oldest.value_or(created), created);
    newest = std::max(newest.value_or(created), created);
}

task<result<store_statistics>> gather_statistics(database* of, utc_time now, on_progress listener) {
    store_statistics found;
    std::uint64_t done = 0;
    cursor<record_pages> records{record_pages(*of)};
    for (;; records.step()) {
        if (auto error = co_await records.fill()) co_return error;
        const auto* one = records.current();
        if (!one) break;
        kind_of(*one, found).add(one->created, rules::size_of(*one), !rules::alive(one->expires, now));
        tell(listener, {.done = ++done});
    }
    cursor<session_pages> sessions{session_pages(*of)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) break;
        found.sessions.add(row->created, rules::size_of(*row), !rules::alive(row->expires, now));
        found.events += row->head + 1 - std::min(row->floor, row->head + 1);
        if (row->closed) ++found.ended;
        auto counting = count_log(of, row->key, &found);
        if (auto error = co_await std::move(counting)) co_return error;
        tell(listener, {.done = ++done});
    }
    auto measuring = of->size();
    auto size = co_await std::move(measuring);
    if (!size) co_return size.error();
    found.disk_bytes = *size;
    co_return found;
}

} // namespace rejoinder::persistence::lifecycle
