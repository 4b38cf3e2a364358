#include "service/replay/retell.hpp"

#include "service/client/final_close.hpp"

#include <cmath>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr milliseconds time_for_the_rest(1000);

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
        if (told_.problem.empty() && !is_done() && !may_be_done()) told_.problem = explain(end);
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
        go_on();
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
        return acted_ == story_.acts.size() && settled_ == story_.turns &&
               told_.events.size() >= story_.events.size();
    }

    /// Everything is said, and what was shown of it is less than it was: what belongs to no turn, as the
    /// session's end, may still come.
    bool may_be_done() const {
        return acted_ == story_.acts.size() && settled_ == story_.turns && story_.turns > 0;
    }

    /// Does what is next in the story, as long as its time has come.
    void go_on() {
        while (acted_ < story_.acts.size() && is_due(story_.acts[acted_]))
            act(story_.acts[acted_++]);
        if (is_done())
            client_.leave();
        else if (may_be_done() && !due_.armed())
            due_.arm_after(time_for_the_rest, [this] { client_.leave(); });
    }

    /// A turn is said when those before it have ended, however much was shown of them; within a turn the
    /// client has seen what it had seen then.
    bool is_due(const story_act& next) {
        bool is_turn = next.what == story_act::kind::turn;
        if (is_turn ? said_ > settled_ : told_.events.size() < next.after) return false;
        if (!begun_) begun_ = env_.steady_now();
        auto due = *begun_ + wait_before(next);
        if (!options_.speed || env_.has_come(due)) return true;
        wait_for_sign(due - env_.steady_now());
        due_.arm(due, [this] { go_on(); });
        return false;
    }

    /// There is room for it: no other turn waits, and tools are few.
    void act(const story_act& now) {
        switch (now.what) {
        case story_act::kind::turn:
            ++said_;
            (void)client_.submit(now.id, now.input);
            return;
        case story_act::kind::done:
        case story_act::kind::failed:
            (void)client_.report({now.call, now.id, now.what == story_act::kind::done,
                                  now.input.is_object() ? now.input : json::object()});
            return;
        case story_act::kind::cancel:
            client_.cancel(now.id);
            return;
        }
    }

    milliseconds wait_before(const story_act& next) const {
        if (!options_.speed) return milliseconds(0);
        return milliseconds(std::llround(static_cast<double>(next.at.count()) / *options_.speed));
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
    std::size_t acted_ = 0;
    std::size_t said_ = 0; ///< turns
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
