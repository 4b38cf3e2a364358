#pragma once

#include "persistence/environment.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace rejoinder::service {

/// The environment that it is made over, but for random numbers, which are always the seed: what a machine
/// draws in one run it draws in another of the same seed. Names and tokens, which are filled in bytes of
/// other lengths, stay as random as they were.
class even_draws final : public environment {
public:
    static constexpr std::uint64_t usual_seed = 0x5a5a'5a5a'5a5a'5a5a;

    /// `inner` outlives it.
    explicit even_draws(environment& inner, std::uint64_t seed = usual_seed) : inner_(inner), seed_(seed) {}

    executor get_executor() noexcept override { return inner_.get_executor(); }
    utc_time utc_now() noexcept override { return inner_.utc_now(); }
    steady_time steady_now() noexcept override { return inner_.steady_now(); }
    bool has_come(steady_time due) noexcept override { return inner_.has_come(due); }

    void fill_random(std::span<std::byte> bytes) override {
        if (bytes.size() == sizeof seed_)
            std::memcpy(bytes.data(), &seed_, sizeof seed_);
        else
            inner_.fill_random(bytes);
    }

private:
    timer_id schedule(steady_time due, std::function<void()> callback) override {
        return schedule_in(inner_, due, std::move(callback));
    }
    void unschedule(timer_id id) noexcept override { unschedule_in(inner_, id); }

    environment& inner_;
    std::uint64_t seed_;
};

} // namespace rejoinder::service
