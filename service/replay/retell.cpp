#include "service/replay/retell.hpp"

#include "service/client/final_close.hpp"

#include <cmath>
#include <utility>

namespace rejoinder::service {
namespace {

/// A client that says what a story says.
class teller final : public client_listener {
public:
    teller(environment& env, const story& what, retelling_options options)
        : env_(env),
          story_(what),
          options_(std::move(options)),
          client_(env, options_.server, memory_of(options_.device), what.machine, *this),
          patience_(env),
          due_(env) {}

    task<retelling> run() {
        wait_for_sign();
        auto running = client_.run();
        auto end = co_await std::move(running);
        patience_.disarm();
        due_.disarm();
        // A session that has ended sends its client away, which is no problem when nothing is left to say.
        if (told_.problem.empty() && !is_done()) told_.problem = explain(end);
        co_return std::move(told_);
    }

private:
    // No sign of progress: a server that lets its client in and loses it, again and again, must not go on.
    void on_welcome(const json& welcome) override {
        bool is_new = welcome.value("outcome", "") == "new";
        // One whose welcome was lost is nobody's; one that was shown something must not be forgotten.
        if (is_new && !told_.events.empty())
            give_up("the session was gone, and another one took its place");
        else
            go_on();
    }

    void on_snapshot(const json&) override { give_up("a snapshot came in place of events"); }

    void on_event(const json& event) override {
        wait_for_sign();
        told_.events.push_back(to_comparable(event));
        if (is_done()) client_.leave();
    }

    void on_settled(const std::string& turn, const json& answer) override {
        wait_for_sign();
        auto type = answer.value("type", "");
        if (type == "rejected" || type == "error") {
            give_up("turn " + turn + " was refused: " + answer.value("code", ""));
            return;
        }
        ++settled_;
        if (options_.on_progress) options_.on_progress(settled_);
        go_on();
    }

    bool is_done() const {
        return settled_ == story_.turns.size() &&
               (!story_.turns.empty() || told_.events.size() >= story_.events.size());
    }

    /// Says the next turn, once the one before has ended and its time has come.
    void go_on() {
        if (is_done()) {
            client_.leave();
            return;
        }
        if (said_ > settled_ || said_ == story_.turns.size()) return;
        const auto& next = story_.turns[said_];
        if (!begun_) begun_ = env_.steady_now();
        auto due = *begun_ + wait_before(next);
        if (options_.speed && !env_.has_come(due)) {
            wait_for_sign(due - env_.steady_now());
            due_.arm(due, [this] { go_on(); });
            return;
        }
        ++said_;
        (void)client_.submit(next.id, next.input); // there is room: no other waits
    }

    milliseconds wait_before(const story_turn& turn) const {
        if (!options_.speed) return milliseconds(0);
        return milliseconds(std::llround(static_cast<double>(turn.at.count()) / *options_.speed));
    }

    void wait_for_sign(milliseconds longer = milliseconds(0)) {
        auto wait = options_.patience + longer;
        patience_.arm_after(
            wait, [this, wait] { give_up("nothing came for " + std::to_string(wait.count()) + " ms"); });
    }

    void give_up(std::string why) {
        if (told_.problem.empty()) told_.problem = std::move(why);
        client_.leave();
    }

    static std::string explain(const client_end& end) {
        if (end.how == departure::refused) return "the server refused a session: " + end.reason;
        if (end.how == departure::closed) return "the server closed: " + explain_final_close(end.code);
        return "it ended too early";
    }

    static client_memory memory_of(const std::string& device) { return {device, "", "", "", 0, 0}; }

    environment& env_;
    const story& story_;
    retelling_options options_;
    retelling told_;
    std::size_t said_ = 0;
    std::size_t settled_ = 0;
    std::optional<steady_time> begun_; ///< when the first turn was due
    returning_client client_;
    timer patience_;
    timer due_;
};

} // namespace

task<retelling> retell(environment* env, const story* what, retelling_options options) {
    teller one(*env, *what, std::move(options));
    auto telling = one.run();
    co_return co_await std::move(telling);
}

} // namespace rejoinder::service
