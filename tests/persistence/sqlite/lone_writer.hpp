#pragma once

#include "persistence/sqlite/writer.hpp"
#include "tests/persistence/contract/contract_store.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <new>
#include <string>

namespace rejoinder::tests {

/// A writer without readers, whose reopening the test can let fail.
class lone_writer {
public:
    explicit lone_writer(const sqlite::log_bounds& log = {}) : log_(log) { open(); }
    ~lone_writer() {
        if (writer) close();
    }

    void open() {
        std::string why;
        auto store = sqlite::open_store_file(env, path(), why);
        INFO(why);
        REQUIRE(store);
        lock_ = std::move(store->lock);
        writer = std::make_unique<sqlite::writer>(
            env, std::move(*store), persistence::queue_bounds{},
            [this](const std::function<void()>& work) {
                if (reopening_fails) throw std::bad_alloc();
                try {
                    work();
                } catch (const sqlite::failure&) {
                    return false;
                }
                return true;
            },
            log_);
    }

    /// Closes it; does what else is wanted when the end has begun.
    void close(const std::function<void()>& meanwhile = {}) {
        task_group tasks(env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        tasks.spawn(end(this));
        env.run_ready();
        if (meanwhile) meanwhile();
        env.run(tasks.join());
        writer.reset();
        lock_.release();
    }

    commit_outcome commit(std::string key, std::string value = "1") {
        return env.run(submit(this, put(std::move(key), std::move(value))));
    }

    task<error_code> compact(sqlite::writer::compaction around) {
        return backend::error_of(suspend<backend::verdict>(
            [this, around = std::move(around)](completion<backend::verdict> done) mutable {
                writer->compact(std::move(around), std::move(done));
            }));
    }

    std::string path() const { return folder_.file("store.db"); }
    std::string log() const { return path() + "-wal"; }

    manual_environment env;
    std::atomic<bool> reopening_fails = false;
    std::unique_ptr<sqlite::writer> writer;

private:
    static task<commit_outcome> submit(lone_writer* self, record_write write) {
        co_return co_await suspend<commit_outcome>([&](completion<commit_outcome> done) {
            auto pending = std::make_unique<backend::pending_commit>();
            pending->changes.writes.push_back(std::move(write));
            pending->done = std::move(done);
            self->writer->submit(std::move(pending));
        });
    }

    static task<> end(lone_writer* self) {
        co_await suspend<int>([self](completion<int> ended) { self->writer->close(std::move(ended)); });
    }

    sqlite::log_bounds log_;
    temporary_folder folder_;
    backend::store_lock lock_;
};

} // namespace rejoinder::tests
