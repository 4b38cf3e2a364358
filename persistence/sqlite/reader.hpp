#pragma once

#include "persistence/rules.hpp"
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

/// One read on its way to the reader's thread and back.
class pending_read {
public:
    virtual ~pending_read() = default;
    virtual void run(queries& on) = 0;              ///< on the reader's thread; may throw
    virtual void refuse(errc why) noexcept = 0;     ///< instead of `run`, or after it threw
    virtual std::size_t bytes() const noexcept = 0; ///< of the answer's texts
    virtual void resume() = 0;                      ///< on the session's thread
    virtual void post() = 0;                        ///< resumes from any thread, alone
};

template <class T, class Query>
class pending_read_of final : public pending_read {
public:
    pending_read_of(Query query, completion<result<T>> done)
        : query_(std::move(query)), done_(std::move(done)) {}

    void run(queries& on) override { answer_ = query_(on); }
    void refuse(errc why) noexcept override { answer_ = why; }
    std::size_t bytes() const noexcept override { return answer_ ? size_of(*answer_) : 0; }
    void resume() override { done_.resume(std::move(answer_)); }
    void post() override { done_.post(std::move(answer_)); }

private:
    template <class Read>
    static std::size_t size_of(const Read& found) noexcept {
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

/// Answers reads from a connection and a thread of its own, so that neither a commit nor a long scan stops
/// the session's thread. Whatever is queued is answered from one state of the store and handed back in one
/// post, or in several where the answers are large. A read that fails fails alone.
class reader {
public:
    /// At most `capacity` reads wait; more are `unavailable`.
    reader(executor ex, std::string path, std::size_t capacity);
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
        explicit open_store(const std::string& path);
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
