#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace rejoinder {

/// An optional value that takes the room of a pointer while there is none: for what most of many objects do
/// not have. Copies are deep.
template <class T>
class boxed {
public:
    boxed() noexcept = default;
    boxed(std::nullopt_t) noexcept {}
    boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
    boxed(const boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    boxed(boxed&&) noexcept = default;
    boxed& operator=(const boxed& other) {
        if (this != &other) *this = boxed(other);
        return *this;
    }
    boxed& operator=(boxed&&) noexcept = default;
    ~boxed() = default;

    bool has_value() const noexcept { return value_ != nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    T* operator->() noexcept { return value_.get(); }
    const T* operator->() const noexcept { return value_.get(); }

    template <class... Args>
    T& emplace(Args&&... args) {
        value_ = std::make_unique<T>(std::forward<Args>(args)...);
        return *value_;
    }
    /// The value, a new one where there was none.
    T& made() { return value_ ? *value_ : emplace(); }
    void reset() noexcept { value_.reset(); }

    /// What is left has none.
    std::optional<T> take() {
        std::optional<T> taken;
        if (auto value = std::exchange(value_, nullptr)) taken = std::move(*value);
        return taken;
    }

private:
    std::unique_ptr<T> value_;
};

} // namespace rejoinder
