#include "service/replay/virtual_time.hpp"

namespace rejoinder::service {

virtual_time::virtual_time(environment& real, boost::asio::io_context& loop)
    : real_(real), loop_(loop), began_utc_(real.utc_now()), began_(real.steady_now()) {}

void virtual_time::run_ready() {
    loop_.restart();
    while (loop_.poll() > 0)
        loop_.restart();
}

void virtual_time::run() {
    run_ready();
    while (auto due = timers_.next_due()) {
        if (*due > steady_now()) elapsed_ += *due - steady_now();
        while (auto callback = timers_.take_due(steady_now()))
            callback();
        run_ready();
    }
}

} // namespace rejoinder::service
