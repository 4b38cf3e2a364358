#pragma once

#include "persistence/backend/pending_read.hpp"
#include "persistence/size_bounds.hpp"
#include "persistence/sqlite/queries.hpp"
#include "persistence/task.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::persistence::sqlite {

using pending_read = backend::pending_read<queries>;

/// Answers reads from a connection and a thread of its own, so that neither a commit nor a long scan stops
/// the session's thread. Whatever is queued is answered from one state of the store and handed back in one
/// post, or in several where the answers are large. A read that fails fails alone.
class reader {
public:
    /// At most `capacity` reads wait; more are `unavailable`. One of several ends at `most_read_bytes`.
    reader(executor ex, std::string path, std::size_t capacity,
           std::size_t most_read_bytes = size_bounds().read);
    ~reader();

    /// Opens the connection and starts the thread. Throws `failure`.
    void start();

    /// From the session's thread. The read always ends: with its answer, or refused.
    void submit(std::unique_ptr<pending_read> read);

    /// Runs `work` while no connection of the reader is open, then opens it again. For the writer, when the
    /// store has to be reopened as a whole. Reads that come meanwhile wait; when `work` or the opening fails
    /// they are `unavailable` until the next time. False when either failed.
    bool reopen_around(const std::function<void()>& work);

    /// Ends after the reads that are queued, then tells `ended`. Later reads are `closed`.
    void close(completion<int> ended);

private:
    using batch = std::vector<std::unique_ptr<pending_read>>;

    struct open_store {
        open_store(const std::string& path, std::size_t most_read_bytes);
        std::unique_ptr<connection> file;
        queries reads;
    };

    std::optional<errc> enqueue(std::unique_ptr<pending_read>& read);
    void run() noexcept;
    batch take();
    void answer(batch reads);
    void answer_one(pending_read& read);
    bool begin() noexcept;
    void end() noexcept;
    errc told(const failure& broken);
    void deliver(batch reads);

    executor executor_;
    std::string path_;
    std::size_t capacity_;
    std::size_t most_read_bytes_;

    std::mutex queue_mutex_;
    std::condition_variable queued_;
    batch queue_;
    bool closing_ = false;
    completion<int> ended_;

    std::mutex store_mutex_; // held while a batch is answered or the store is reopened
    std::unique_ptr<open_store> store_;
    bool has_ended_ = false; // nothing is opened again
    int told_failure_ = 0;   // SQLite's code that the log has, zero since a read worked

    std::thread thread_;
};

} // namespace rejoinder::persistence::sqlite
