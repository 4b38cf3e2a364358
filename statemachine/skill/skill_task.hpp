#pragma once

#include "persistence/json.hpp"

#include <coroutine>
#include <exception>
#include <utility>

namespace rejoinder::statemachine {

/// What a skill returns: a coroutine whose frame lives while it waits. It has no executor and no thread of
/// its own; the step that brings what it waits for resumes it, and the end of the task unwinds it. A skill
/// awaits another one by `co_await other(skill)`, and gets its result.
class [[nodiscard]] skill_task {
public:
    class promise_type {
    public:
        skill_task get_return_object() {
            return skill_task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept { return back_to_caller{}; }
        void return_value(json value) { value_ = std::move(value); }
        void unhandled_exception() { failure_ = std::current_exception(); }

    private:
        friend skill_task;

        struct back_to_caller {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> own) noexcept {
                auto caller = own.promise().caller_;
                return caller ? caller : std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };

        json value_;
        std::exception_ptr failure_;
        std::coroutine_handle<> caller_; // null: the outermost
    };

    skill_task(skill_task&& other) noexcept : own_(std::exchange(other.own_, nullptr)) {}
    skill_task& operator=(skill_task&& other) noexcept {
        std::swap(own_, other.own_);
        return *this;
    }
    ~skill_task() {
        if (own_) own_.destroy();
    }

    // For whoever runs the outermost skill.
    void start() { own_.resume(); }
    bool done() const noexcept { return own_.done(); }
    /// Once it is done; throws what the skill threw.
    json result() {
        if (own_.promise().failure_) std::rethrow_exception(own_.promise().failure_);
        return std::move(own_.promise().value_);
    }

    // For a skill that awaits this one.
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        own_.promise().caller_ = caller;
        return own_;
    }
    json await_resume() { return result(); }

private:
    explicit skill_task(std::coroutine_handle<promise_type> own) : own_(own) {}

    std::coroutine_handle<promise_type> own_;
};

} // namespace rejoinder::statemachine
