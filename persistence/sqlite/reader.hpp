#pragma once

#include "persistence/backend/pending_read.hpp"
#include "persistence/sqlite/queries.hpp"
#include "persistence/task.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::persistence::sqlite {

using pending_read = backend::pending_read<queries>;

/// Answers reads on threads of its own, each with a connection, so that neither a commit nor a long scan
/// stops the session's thread, and a long scan not the reads behind it. A thread takes its share of what is
/// queued and answers that from one state of the store, of a moment after it was queued, and hands it back in
/// one post, or in several where the answers are large. A read that fails fails alone.
class reader {
public:
    /// At most `capacity` reads wait; more are `unavailable`.
    reader(executor ex, std::string path, std::size_t capacity, std::size_t threads = 1);
    ~reader();

    /// Opens the connections and starts the threads. Throws `failure`.
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
        explicit open_store(const std::string& path);
        std::unique_ptr<connection> file;
        queries reads;
    };

    /// What belongs to one thread. Others touch it while they hold its mutex.
    struct lane {
        std::mutex mutex; // held while a batch is answered or the store is reopened
        std::unique_ptr<open_store> store;
        bool has_ended = false; // nothing is opened again
        int told_failure = 0;   // SQLite's code that the log has, zero since a read worked
        std::thread thread;
    };

    std::optional<errc> enqueue(std::unique_ptr<pending_read>& read);
    void run(lane& on) noexcept;
    batch take();
    void answer(lane& on, batch reads);
    void answer_one(lane& on, pending_read& read);
    bool begin(lane& on) noexcept;
    void end(lane& on) noexcept;
    errc told(lane& on, const failure& broken);
    void deliver(batch reads);

    executor executor_;
    std::string path_;
    std::size_t capacity_;

    std::mutex queue_mutex_;
    std::condition_variable queued_;
    std::deque<std::unique_ptr<pending_read>> queue_;
    bool closing_ = false;
    std::size_t running_ = 0; // threads
    completion<int> ended_;

    std::deque<lane> lanes_; // as many as there are threads, from the beginning
};

} // namespace rejoinder::persistence::sqlite
