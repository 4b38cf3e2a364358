#include "persistence/lifecycle/pages.hpp"

#include "persistence/rules.hpp"
#include "persistence/stores/record_types.hpp"

#include <algorithm>
#include <iterator>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t page_size = 500;

bool is_one_group(const record& a, const record& b) {
    return a.id.type == b.id.type && a.id.scope == b.id.scope;
}

} // namespace

task<result<std::vector<record>>> record_pages::next() {
    for (;;) {
        auto reading = read();
        auto page = co_await std::move(reading);
        if (!page) co_return page.error();
        bool was_last = page->empty();
        std::ranges::move(*page, std::back_inserter(gathered_));
        auto whole = gathered_.begin();
        if (was_last || !may_go_on(gathered_.back()))
            whole = gathered_.end();
        else
            while (!is_one_group(*whole, gathered_.back()))
                ++whole;
        std::vector<record> next(std::make_move_iterator(gathered_.begin()), std::make_move_iterator(whole));
        gathered_.erase(gathered_.begin(), whole);
        if (of_.hides_keys()) std::ranges::sort(next, rules::walk_order(), &record::id);
        if (was_last || !next.empty()) co_return next;
    }
}

/// Whether the store keeps those of its type and owner in another order than that of a walk.
bool record_pages::may_go_on(const record& last) const {
    return of_.hides_keys() && has_personal_key(last.id.type);
}

task<result<std::vector<record>>> record_pages::read() {
    auto walking = of_.walk_records(after_, page_size);
    auto page = co_await std::move(walking);
    if (page && !page->empty()) after_ = page->back().id;
    co_return page;
}

task<result<std::vector<session_row>>> session_pages::next() {
    auto walking = of_.walk_sessions(after_, page_size);
    auto page = co_await std::move(walking);
    if (page && !page->empty()) after_ = page->back().id;
    co_return page;
}

task<result<std::vector<log_entry>>> log_pages::next() {
    auto reading = of_.read_history(session_, after_, page_size);
    auto page = co_await std::move(reading);
    if (page && !page->empty()) after_ = position_of(page->back());
    co_return page;
}

} // namespace rejoinder::persistence::lifecycle
