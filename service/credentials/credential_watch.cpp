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
    for (auto* under_way : {&asked_, &asked_again_})
        if (auto one = std::exchange(*under_way, nullptr)) one->heard = nullptr;
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
    presented_ = token;
    presented_at_ = env_.steady_now();
    then_ = std::move(then);
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
    auto then = std::exchange(then_, nullptr);
    then(found);
}

void credential_watch::hold(principal who) {
    token_ = std::exchange(presented_, {});
    held_ = std::move(who);
    good_at_ = presented_at_;
    if (auto former = std::exchange(asked_again_, nullptr)) former->heard = nullptr;
    arm();
}

/// The next look is due when the credentials expire, or must be seen to again.
void credential_watch::arm() {
    auto now = env_.steady_now();
    bool is_revocable = held_.lasting == lasting::revocable;
    if (!held_.expires && !is_revocable) return next_look_.disarm();
    auto pause = limits_.between_looks;
    auto due = now + pause;
    if (is_revocable)
        due = std::min(std::max(good_at_ + pause, now + pause / attempts), good_at_ + 2 * pause);
    if (held_.expires) due = std::min(due, now + std::max(*held_.expires - env_.utc_now(), milliseconds(0)));
    next_look_.arm(due, [this] { look(); });
}

void credential_watch::look() {
    if (held_.expires && env_.utc_now() >= *held_.expires) return lose(problem::expired);
    if (held_.lasting == lasting::revocable) {
        auto now = env_.steady_now();
        if (now >= good_at_ + 2 * limits_.between_looks) return lose(problem::unavailable);
        if (!asked_again_ && now >= good_at_ + limits_.between_looks) {
            arm();
            asked_again_at_ = now;
            asked_again_ = std::make_shared<inquiry>();
            asked_again_->heard = [this](const found_principal& found) { looked_again(found); };
            tasks_.spawn(ask(&verifier_, token_, asked_again_));
            return;
        }
    }
    arm();
}

void credential_watch::looked_again(const found_principal& found) {
    asked_again_ = nullptr;
    if (found && found->account == held_.account && found->device == held_.device) {
        held_ = *found;
        good_at_ = asked_again_at_;
        return arm();
    }
    // What could not be seen to now is tried again, for as long as there may be doubt.
    if (found || found.error() != problem::unavailable) lose(found ? problem::invalid : found.error());
}

void credential_watch::lose(problem why) {
    next_look_.disarm();
    if (auto under_way = std::exchange(asked_again_, nullptr)) under_way->heard = nullptr;
    on_loss_(why);
}

} // namespace rejoinder::service::credentials
