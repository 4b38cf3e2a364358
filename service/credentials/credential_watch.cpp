#include "service/credentials/credential_watch.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service::credentials {
namespace {

/// While a look has no answer others are tried, so many until nobody is vouched for any longer.
constexpr int attempts = 6;

} // namespace

credential_watch::credential_watch(environment& env, verifier& by, task_group& tasks, times limits,
                                   loss_handler on_loss)
    : env_(env),
      verifier_(by),
      tasks_(tasks),
      limits_(limits),
      on_loss_(std::move(on_loss)),
      deadline_(env),
      next_look_(env) {}

credential_watch::~credential_watch() {
    stop();
}

void credential_watch::stop() noexcept {
    if (auto one = std::exchange(asked_, nullptr)) one->heard = nullptr;
    forget_question();
    deadline_.disarm();
    next_look_.disarm();
}

/// Holds nothing of the watch, which may be gone when the answer comes.
task<> credential_watch::ask(verifier* by, secret token, std::shared_ptr<inquiry> from) {
    auto checking = by->check(std::move(token));
    auto found = co_await std::move(checking);
    if (auto heard = std::exchange(from->heard, nullptr)) heard(found);
}

void credential_watch::check(secret token, answer_handler then) {
    presented_ = std::make_unique<presentation>(presentation{token, env_.steady_now(), std::move(then)});
    asked_ = std::make_shared<inquiry>();
    asked_->heard = [this](const found_principal& found) { answer(found); };
    deadline_.arm_after(limits_.patience, [this] {
        if (asked_) asked_->heard = nullptr;
        answer(problem::unavailable);
    });
    tasks_.spawn(ask(&verifier_, std::move(token), asked_));
}

void credential_watch::answer(const found_principal& found) {
    asked_ = nullptr;
    deadline_.disarm();
    auto then = std::exchange(presented_->then, nullptr);
    then(found);
    if (!asked_) presented_ = nullptr; // nobody holds it
}

void credential_watch::hold(principal who) {
    forget_question();
    held_ = nullptr;
    auto presented = std::exchange(presented_, nullptr);
    if (!who.expires && who.lasting == lasting::until_expiry) return next_look_.disarm();
    held_ = std::make_unique<holding>();
    if (who.lasting == lasting::revocable) held_->token = std::move(presented->token); // to ask again
    held_->good_at = presented->at;
    held_->who = std::move(who);
    arm();
}

/// What was asked about those who are held is not heard any more.
void credential_watch::forget_question() noexcept {
    if (!held_) return;
    if (auto former = std::exchange(held_->asked_again, nullptr)) former->heard = nullptr;
}

/// The next look is due when the credentials expire, or must be seen to again.
void credential_watch::arm() {
    const auto& who = held_->who;
    auto now = env_.steady_now();
    bool is_revocable = who.lasting == lasting::revocable;
    if (!who.expires && !is_revocable) return next_look_.disarm();
    auto pause = limits_.between_looks;
    auto due = now + pause;
    if (is_revocable)
        due = std::min(std::max(held_->good_at + pause, now + pause / attempts), held_->good_at + 2 * pause);
    if (who.expires) due = std::min(due, now + std::max(*who.expires - env_.utc_now(), milliseconds(0)));
    next_look_.arm(due, [this] { look(); });
}

void credential_watch::look() {
    auto& held = *held_;
    if (held.who.expires && env_.utc_now() >= *held.who.expires) return lose(problem::expired);
    if (held.who.lasting == lasting::revocable) {
        auto now = env_.steady_now();
        if (now >= held.good_at + 2 * limits_.between_looks) return lose(problem::unavailable);
        if (!held.asked_again && now >= held.good_at + limits_.between_looks) {
            arm();
            held.asked_again_at = now;
            held.asked_again = std::make_shared<inquiry>();
            held.asked_again->heard = [this](const found_principal& found) { looked_again(found); };
            tasks_.spawn(ask(&verifier_, held.token, held.asked_again));
            return;
        }
    }
    arm();
}

void credential_watch::looked_again(const found_principal& found) {
    held_->asked_again = nullptr;
    if (found && found->account == held_->who.account && found->device == held_->who.device) {
        held_->who = *found;
        held_->good_at = held_->asked_again_at;
        return arm();
    }
    // What could not be seen to now is tried again, for as long as there may be doubt.
    if (found || found.error() != problem::unavailable) lose(found ? problem::invalid : found.error());
}

void credential_watch::lose(problem why) {
    next_look_.disarm();
    forget_question();
    held_ = nullptr;
    on_loss_(why);
}

} // namespace rejoinder::service::credentials
