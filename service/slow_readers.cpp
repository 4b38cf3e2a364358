#include "service/slow_readers.hpp"

#include "persistence/loops.hpp"

#include <cstddef>
#include <utility>

namespace rejoinder::service {

task<> give_up_slowest(const branch::all* branches, std::string why) {
    branch* worst = nullptr;
    std::size_t most = 0;
    for (const auto& one : *branches) {
        auto asking = call_on(one->loop(), [at = one.get()] { return at->waiting().most; });
        auto bytes = co_await std::move(asking);
        if (bytes <= most) continue;
        most = bytes;
        worst = one.get();
    }
    if (!worst) co_return;
    auto giving_up =
        call_on(worst->loop(), [worst, why = std::move(why)] { worst->clients()->give_up_slowest(why); });
    co_await std::move(giving_up);
}

} // namespace rejoinder::service
