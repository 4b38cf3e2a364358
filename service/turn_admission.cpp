#include "service/turn_admission.hpp"

#include "persistence/log.hpp"

#include <algorithm>

namespace rejoinder::service {

turn_admission::turn_admission(environment& env, const settings& limits)
    : env_(env), limits_(limits), end_(env) {}

std::optional<milliseconds> turn_admission::refuse() {
    auto now = env_.steady_now();
    auto lag = lag_.wait(now);
    if (lag <= limits_.commit_lag) return std::nullopt;
    note_refusal(now, lag);
    auto least = std::clamp(lag, shortest_wait, longest_wait / 2);
    auto more = env_.random_number() % static_cast<std::uint64_t>(least.count() + 1);
    return least + milliseconds(more);
}

void turn_admission::note_refusal(steady_time now, milliseconds lag) {
    last_refusal_ = now;
    if (!end_.armed()) {
        began_ = now;
        refused_before_ = refused_;
        log::warning("turns_refused", {{"commit_lag_ms", lag.count()}});
        end_.arm(now + calm, [this] { look_for_end(); });
    }
    ++refused_;
}

void turn_admission::look_for_end() {
    if (auto calm_at = last_refusal_ + calm; !env_.has_come(calm_at)) {
        end_.arm(calm_at, [this] { look_for_end(); });
        return;
    }
    log::info("turns_refused_no_more",
              {{"turns", refused_ - refused_before_}, {"for_ms", (last_refusal_ - began_).count()}});
}

} // namespace rejoinder::service
