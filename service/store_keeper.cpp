#include "service/store_keeper.hpp"

#include <exception>
#include <utility>

namespace rejoinder::service {

store_keeper::store_keeper(persistence::database_options where, opener open, outside between_handlers)
    : where_(std::move(where)), open_(std::move(open)), outside_(std::move(between_handlers)) {}

result<void> store_keeper::open(std::string& why) try {
    auto opened = open_(why);
    if (!opened) return opened.error();
    database_ = std::move(*opened);
    return {};
} catch (const std::exception& failure) {
    why = failure.what();
    return persistence::errc::unavailable;
}

task<result<void>> store_keeper::open_again(std::string* why) {
    if (!outside_) co_return open(*why);
    result<void> opened = persistence::errc::unavailable;
    auto begin = [&](completion<int> done) {
        outside_([this, &opened, why, done = std::make_shared<completion<int>>(std::move(done))] {
            opened = open(*why);
            done->post(0);
        });
    };
    co_await suspend<int>(begin);
    co_return opened;
}

task<> store_keeper::close() {
    if (!database_) co_return;
    std::exception_ptr failure;
    try {
        co_await database_->close();
    } catch (...) {
        failure = std::current_exception();
    }
    database_.reset();
    if (failure) std::rethrow_exception(failure);
}

} // namespace rejoinder::service
