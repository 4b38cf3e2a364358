#pragma once

#include "persistence/backend/answer_gate.hpp"
#include "persistence/backend/pending_read.hpp"
#include "persistence/queue_bounds.hpp"
#include "persistence/size_bounds.hpp"
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
/// stops the session's thread, and one long read does not stop the next. A thread that is free takes its
/// share of what is queued, answers that from one state of the store, and hands it back in one post to each
/// loop that has asked, or in several where the answers are large; with 64 MiB of them under way it waits
/// until those loops have taken some. A read that fails fails alone.
///
/// The state is that of a moment after the reads were queued: a share is taken first, and its transaction
/// begins then. So each sees every change set that was committed before it was asked for.
class reader {
public:
    /// At most `bounds.reads` wait; more are `unavailable`. One of several ends at `most_read_bytes`.
    reader(std::string path, const queue_bounds& bounds, std::size_t most_read_bytes = size_bounds().read);
    ~reader();

    /// Opens the connections and starts the threads. Throws `failure`.
    void start();

    /// Any thread. The read always ends, on the loop of whoever waits for it: with its answer, or refused.
    void submit(std::unique_ptr<pending_read> read);

    /// Runs `work` while no connection of the reader is open, then opens them again. For the writer, when the
    /// store has to be reopened as a whole. What is being answered ends first; reads that come meanwhile
    /// wait. When `work` or an opening fails they are `unavailable` until the next time. False when either
    /// failed.
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

    /// One thread and what it reads from. Its own while it is busy; else nobody touches it, but for
    /// `reopen_around`, which keeps all of them from becoming so.
    struct lane {
        std::unique_ptr<open_store> store;
        bool has_ended = false; // nothing is opened again
        int told_failure = 0;   // SQLite's code that the log has, zero since a read worked
        std::thread thread;
    };
    class pause;

    std::optional<errc> enqueue(std::unique_ptr<pending_read>& read);
    bool open_all();
    void run(lane& on) noexcept;
    batch take();
    void put_down();
    void end(lane& on);
    void answer(lane& on, batch reads);
    void answer_one(lane& on, pending_read& read);
    bool begin_transaction(lane& on) noexcept;
    void end_transaction(lane& on) noexcept;
    errc told(lane& on, const failure& broken);
    void deliver(batch reads);

    std::string path_;
    std::size_t capacity_;
    std::size_t most_read_bytes_;
    std::shared_ptr<backend::answer_gate> gate_; // the answers under way hold it too

    std::mutex mutex_;
    std::condition_variable something_; // for lanes: reads, the end of a pause, or the end
    std::condition_variable idle_;      // for a pause
    std::deque<std::unique_ptr<pending_read>> queue_;
    std::size_t busy_ = 0; // lanes
    bool paused_ = false;
    bool closing_ = false;
    std::size_t running_ = 0; // threads
    completion<int> ended_;

    std::vector<lane> lanes_; // as many as there are threads, from the beginning
};

} // namespace rejoinder::persistence::sqlite
