#include "persistence/lifecycle/pages.hpp"

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t page_size = 500;

} // namespace

task<result<std::vector<record>>> record_pages::next() {
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
