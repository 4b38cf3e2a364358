#include "service/store_keeper.hpp"

#include <utility>

namespace rejoinder::service {

store_keeper::store_keeper(persistence::database_options where, opener open)
    : where_(std::move(where)), open_(std::move(open)) {}

result<void> store_keeper::open(std::string& why) {
    auto opened = open_(why);
    if (!opened) return opened.error();
    database_ = std::move(*opened);
    return {};
}

task<> store_keeper::close() {
    if (!database_) co_return;
    co_await database_->close();
    database_.reset();
}

} // namespace rejoinder::service
