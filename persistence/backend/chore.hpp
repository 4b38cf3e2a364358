#pragma once

#include "persistence/error.hpp"
#include "persistence/log.hpp"
#include "persistence/task.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace rejoinder::persistence::backend {

/// Something that goes through the whole store. The writer's thread does it for its caller alone, between two
/// transactions, and commits go on behind it.
class chore {
public:
    virtual ~chore() = default;
    virtual void run() noexcept = 0;   ///< on the writer's thread; answers
    virtual void refuse(errc why) = 0; ///< instead of `run`; any thread
};

/// `Work` gives the answer, a `result` or an `error_code`. What it throws is `unavailable`.
template <class T, class Work>
class chore_of final : public chore {
public:
    chore_of(Work work, completion<T> done) : work_(std::move(work)), done_(std::move(done)) {}

    void run() noexcept override {
        T answer(errc::unavailable);
        try {
            answer = work_();
        } catch (const std::exception& defect) {
            log::error("chore_failed", {{"what", defect.what()}});
        }
        done_.post(std::move(answer));
    }
    void refuse(errc why) override { done_.post(T(why)); }

private:
    Work work_;
    completion<T> done_;
};

template <class T, class Work>
std::unique_ptr<chore> make_chore(Work work, completion<T> done) {
    return std::make_unique<chore_of<T, Work>>(std::move(work), std::move(done));
}

} // namespace rejoinder::persistence::backend
