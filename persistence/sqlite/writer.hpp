#pragma once

#include "persistence/change_set.hpp"
#include "persistence/result.hpp"
#include "persistence/sqlite/change_writer.hpp"
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

/// One change set on its way to the writer's thread and back.
struct pending_commit {
    change_set changes;
    utc_time now{};        ///< decides what has expired
    std::size_t bytes = 0; ///< of its texts
    completion<commit_outcome> done;
};

/// Group commit without a timer: while one transaction is flushed the next change sets queue up, and whatever
/// is queued then is the next transaction. All of a transaction's verdicts go back in one post, in order.
///
/// A commit that fails is rolled back and its change sets are `unavailable`. After an error of input or
/// output during the commit itself nobody knows what the disk holds (a second flush may succeed with the data
/// gone), so the verdict is `unknown_outcome`, and before anybody hears it every connection is closed, the
/// file is recovered from its log as after a crash, verified and flushed. Until that has worked the store is
/// `unavailable`.
class writer {
public:
    /// Closes the store's other connections, runs the work, opens them again; false when that failed.
    using reopen = std::function<bool(const std::function<void()>&)>;

    using pending = std::unique_ptr<pending_commit>;

    /// At most `capacity` change sets and 256 MiB of texts wait; more are `unavailable`. Takes an opened
    /// connection.
    writer(executor ex, std::string path, std::unique_ptr<connection> opened, std::size_t capacity,
           reopen around);
    ~writer();

    /// From the session's thread. The change set always ends: with its verdict, or refused.
    void submit(pending commit);

    /// Ends after the change sets that are queued: marks the store as properly closed, closes it, then tells
    /// `ended`. Later change sets are `closed`.
    void close(completion<int> ended);

private:
    using batch = std::vector<pending>;
    using verdicts = std::vector<commit_outcome>;

    struct open_store {
        explicit open_store(std::unique_ptr<connection> opened);
        std::unique_ptr<connection> file;
        change_writer changes;
        statement begin;
        statement commit;
        statement rollback;
    };

    std::optional<errc> enqueue(pending& commit);
    void run();
    batch take();
    void deliver(batch commits, verdicts outcomes);

    verdicts write(batch& commits);
    verdicts write_all(batch& commits);
    commit_outcome write_one(pending_commit& commit);
    error_code flush();
    bool roll_back() noexcept;
    void recover();
    void finish();

    executor executor_;
    std::string path_;
    std::size_t capacity_;
    reopen reopen_;

    std::mutex mutex_;
    std::condition_variable queued_;
    std::deque<pending> queue_;
    std::size_t queued_bytes_ = 0;
    bool closing_ = false;
    completion<int> ended_;

    std::unique_ptr<open_store> store_; // none: the store is lost until it has been recovered
    std::thread thread_;
};

} // namespace rejoinder::persistence::sqlite
