#include "persistence/lifecycle/transplanter.hpp"

#include "persistence/rules.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

// One transaction: large enough that its flush costs little, small enough that nobody waits for it.
constexpr std::size_t most_items = 1000;
constexpr std::size_t most_bytes = 4 << 20;

} // namespace

task<error_code> transplanter::put(record one) {
    bytes_ += rules::size_of(one);
    pending_.records.push_back(std::move(one));
    return flush_if_full();
}

task<error_code> transplanter::put(session_row row) {
    bytes_ += rules::size_of(row);
    session_ = row;
    pending_.sessions.push_back({std::move(row), {}, moved_session::part::first});
    return flush_if_full();
}

task<error_code> transplanter::put(log_entry entry) {
    bytes_ += rules::size_of(entry);
    if (pending_.sessions.empty()) pending_.sessions.push_back({session_, {}, moved_session::part::further});
    pending_.sessions.back().entries.push_back(std::move(entry));
    return flush_if_full();
}

task<error_code> transplanter::flush_if_full() {
    if (++items_ < most_items && bytes_ < most_bytes) co_return error_code();
    auto flushing = flush();
    co_return co_await std::move(flushing);
}

task<error_code> transplanter::flush() {
    auto what = std::exchange(pending_, {});
    items_ = 0;
    bytes_ = 0;
    if (what.records.empty() && what.sessions.empty()) co_return error_code();
    auto moving = into_.transplant(std::move(what));
    co_return co_await std::move(moving);
}

} // namespace rejoinder::persistence::lifecycle
