#include "persistence/sqlite/checkpointer.hpp"

#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <utility>

namespace rejoinder::persistence::sqlite {

checkpointer::checkpointer(const std::string& path, std::function<void()> tell)
    : file_(connect(path)), tell_(std::move(tell)), thread_([this] { run(); }) {}

checkpointer::~checkpointer() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void checkpointer::begin() {
    {
        std::lock_guard lock(mutex_);
        state_ = state::asked;
    }
    changed_.notify_all();
}

std::optional<checkpointer::pass> checkpointer::take() {
    std::lock_guard lock(mutex_);
    return take_ended();
}

std::optional<checkpointer::pass> checkpointer::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != state::asked; });
    return take_ended();
}

std::optional<checkpointer::pass> checkpointer::take_ended() {
    if (state_ != state::ended) return std::nullopt;
    state_ = state::idle;
    return ended_;
}

void checkpointer::run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return closing_ || state_ == state::asked; });
        if (closing_) return;
        lock.unlock();
        auto made = make_pass();
        lock.lock();
        ended_ = made;
        state_ = state::ended;
        lock.unlock();
        changed_.notify_all();
        if (made.code != SQLITE_OK) tell_();
        lock.lock();
    }
}

/// The flush is for the pages of a pass that the writer has overtaken. Whatever else goes wrong, memory that
/// runs out say, may have kept the failure of a flush from being told, and counts as one.
checkpointer::pass checkpointer::make_pass() noexcept {
    try {
        auto log = file_->checkpoint();
        file_->flush();
        return {SQLITE_OK, log.done};
    } catch (const failure& broken) {
        return {broken.code(), 0};
    } catch (const std::exception&) {
        return {SQLITE_ERROR, 0};
    }
}

} // namespace rejoinder::persistence::sqlite
