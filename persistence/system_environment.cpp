#include "persistence/system_environment.hpp"

#include "persistence/log.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace rejoinder {
namespace {

class system_environment final : public environment {
    using clock = std::chrono::steady_clock;
    using waitable = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, executor>;

public:
    explicit system_environment(boost::asio::io_context& context)
        : executor_(context.get_executor()), alarm_(executor_) {}

    executor get_executor() noexcept override { return executor_; }

    utc_time utc_now() noexcept override {
        return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    }

    steady_time steady_now() noexcept override { return std::chrono::ceil<milliseconds>(clock::now()); }
    bool has_come(steady_time due) noexcept override {
        return due <=
               std::chrono::floor<milliseconds>(clock::now()); // in nanoseconds the earliest would not fit
    }

    /// A step draws a number and a client an identifier, and OpenSSL takes as long for eight bytes as for
    /// hundreds: so small draws share one of its. Secrets are longer and have theirs alone.
    void fill_random(std::span<std::byte> bytes) override {
        constexpr std::size_t longest_small = 16;
        if (bytes.size() > longest_small) return draw(bytes);
        if (drawn_.size() - used_ < bytes.size()) {
            draw(drawn_);
            used_ = 0;
        }
        std::ranges::copy(std::span(drawn_).subspan(used_, bytes.size()), bytes.begin());
        used_ += bytes.size();
    }

protected:
    timer_id schedule(steady_time due, std::function<void()> callback) override {
        auto id = timers_.add(due, std::move(callback));
        if (due < armed_for_) wait_for(due);
        return id;
    }

    // The Asio timer is left running when its alarm is removed: waking once for nothing is cheaper than
    // re-arming the kernel's timer on every message, which is what deadlines per message would do.
    void unschedule(timer_id id) noexcept override {
        timers_.remove(id);
        if (timers_.empty()) {
            armed_for_ = steady_time::max();
            alarm_.cancel();
        }
    }

private:
    static void draw(std::span<std::byte> bytes) {
        auto* data = reinterpret_cast<unsigned char*>(bytes.data());
        if (RAND_bytes(data, static_cast<int>(bytes.size())) != 1)
            throw std::runtime_error("the system's random number generator failed");
    }

    void wait_for(steady_time due) {
        armed_for_ = due;
        alarm_.expires_at(due);
        alarm_.async_wait([this](boost::system::error_code error) {
            if (!error) run_due();
        });
    }

    // A defect of one alarm's owner must not end the loop that everybody's alarms hang on.
    static void run(const std::function<void()>& callback) {
        try {
            callback();
        } catch (const std::exception& e) {
            log::error("an alarm's callback failed", {{"what", e.what()}});
        }
    }

    void run_due() {
        armed_for_ = steady_time::max();
        auto now = std::chrono::floor<milliseconds>(clock::now());
        while (auto callback = timers_.take_due(now))
            run(callback);
        auto next = timers_.next_due();
        if (next && *next < armed_for_) wait_for(*next);
    }

    executor executor_;
    waitable alarm_;
    timer_queue timers_;
    steady_time armed_for_ = steady_time::max();
    std::array<std::byte, 512> drawn_{}; // those in front of `used_` were given out
    std::size_t used_ = sizeof drawn_;
};

} // namespace

std::unique_ptr<environment> make_system_environment(boost::asio::io_context& context) {
    return std::make_unique<system_environment>(context);
}

} // namespace rejoinder
