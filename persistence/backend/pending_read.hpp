#pragma once

#include "persistence/result.hpp"
#include "persistence/rules.hpp"
#include "persistence/task.hpp"

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace rejoinder::persistence::backend {

/// One read on its way to a thread that owns a source of answers, and back.
template <class Source>
class pending_read {
public:
    virtual ~pending_read() = default;
    virtual void run(Source& on) = 0;               ///< on the source's thread; may throw
    virtual void refuse(errc why) noexcept = 0;     ///< instead of `run`, or after it threw
    virtual std::size_t bytes() const noexcept = 0; ///< of the answer's texts
    virtual executor loop() const noexcept = 0;     ///< of whoever waits for it
    virtual void resume() = 0;                      ///< on that loop's thread
    virtual void post() = 0;                        ///< resumes from any thread, alone
};

/// `Query` takes the source and gives a `result<T>` or a `T`.
template <class Source, class T, class Query>
class pending_read_of final : public pending_read<Source> {
public:
    pending_read_of(Query query, completion<result<T>> done)
        : query_(std::move(query)), done_(std::move(done)) {}

    void run(Source& on) override { answer_ = query_(on); }
    void refuse(errc why) noexcept override { answer_ = why; }
    std::size_t bytes() const noexcept override { return answer_ ? size_of(*answer_) : 0; }
    executor loop() const noexcept override { return done_.get_executor(); }
    void resume() override { done_.resume(std::move(answer_)); }
    void post() override { done_.post(std::move(answer_)); }

private:
    template <class Read>
    static std::size_t size_of(const Read& found) noexcept {
        if constexpr (std::is_arithmetic_v<Read>)
            return sizeof found;
        else
            return rules::size_of(found);
    }
    template <class Read>
    static std::size_t size_of(const std::vector<Read>& found) noexcept {
        std::size_t sum = 0;
        for (const auto& one : found)
            sum += rules::size_of(one);
        return sum;
    }

    Query query_;
    completion<result<T>> done_;
    result<T> answer_{errc::unavailable};
};

template <class Source, class T, class Query>
std::unique_ptr<pending_read<Source>> make_pending_read(Query query, completion<result<T>> done) {
    return std::make_unique<pending_read_of<Source, T, Query>>(std::move(query), std::move(done));
}

} // namespace rejoinder::persistence::backend
