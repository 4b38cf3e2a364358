#pragma once

#include "persistence/environment.hpp"
#include "persistence/task_group.hpp"
#include "service/credentials/credentials.hpp"

#include <functional>
#include <memory>

namespace rejoinder::service::credentials {

/// Looks after the credentials of one socket: has what is presented checked, and from then on sees to it that
/// they still hold. Owned by the socket's handler, on the environment's thread. What it has begun may end
/// after it; then nobody hears of it.
///
/// Credentials that have expired are noticed at once, after a jump of the clock within `between_looks`.
/// Revocable ones are looked at again as often; whoever could not be looked at for twice as long is not
/// vouched for any longer.
class credential_watch {
public:
    struct times {
        milliseconds patience;      ///< how long a check may take before it counts as `unavailable`
        milliseconds between_looks; ///< from one look at credentials that hold to the next; at most 30 s
    };

    using answer_handler = std::function<void(const found_principal&)>;
    using loss_handler = std::function<void(problem)>;

    /// `on_loss` is called when credentials that were held hold no more, once for each `hold`. The others
    /// outlive it and their tasks.
    credential_watch(environment& env, verifier& by, task_group& tasks, times limits, loss_handler on_loss);
    ~credential_watch();
    credential_watch(const credential_watch&) = delete;
    credential_watch& operator=(const credential_watch&) = delete;

    /// Has a token checked and answers once, within this call where nothing must be waited for. One at a
    /// time; what is held meanwhile stays held.
    void check(secret token, answer_handler then);
    bool checking() const noexcept { return asked_ != nullptr; }

    /// The token that was checked last has brought the socket its rights: watches it instead of any other.
    void hold(principal who);

    /// Nothing is called any more.
    void stop() noexcept;

private:
    /// A question and who hears its answer; shared with the task that asks.
    struct inquiry {
        answer_handler heard;
    };
    static task<> ask(verifier* by, secret token, std::shared_ptr<inquiry> from);

    /// What was presented last, until its answer has brought the socket its rights.
    struct presentation {
        secret token;
        steady_time at{};
        answer_handler then;
    };

    /// Rights that may end, and what they rest on. Others need nobody who looks after them.
    struct holding {
        secret token;
        principal who;
        steady_time good_at{}; ///< when the question was asked whose answer was that this is right
        steady_time asked_again_at{};
        std::shared_ptr<inquiry> asked_again;
    };

    void answer(const found_principal& found);
    void forget_question() noexcept;
    void look();
    void looked_again(const found_principal& found);
    void arm();
    void lose(problem why);

    environment& env_;
    verifier& verifier_;
    task_group& tasks_;
    times limits_;
    loss_handler on_loss_;

    std::unique_ptr<presentation> presented_;
    std::shared_ptr<inquiry> asked_; ///< about what was presented
    timer deadline_;

    std::unique_ptr<holding> held_;
    timer next_look_;
};

} // namespace rejoinder::service::credentials
