#pragma once

#include "persistence/backend/commit_queue.hpp"
#include "persistence/backend/verdict.hpp"
#include "persistence/queue_bounds.hpp"
#include "persistence/task.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace rejoinder::persistence::sqlite {

/// Makes copies of the store, one after the other, on a connection and a thread of their own, so that commits
/// and reads go on. A copy is of the moment at which it begins. Until it ends the log keeps all that is
/// committed meanwhile.
class copier {
public:
    copier(std::string path, const queue_bounds& bounds);
    ~copier();

    /// From the session's thread. `unwritable` when the place is taken or cannot be written.
    void submit(std::string place, completion<backend::verdict> done);

    /// For the writer: does the work while no connection of the copier is open. The first lets a copy end
    /// before its time, as `unavailable`; the second does nothing while one is made, and is false then.
    bool interrupt_around(const std::function<bool()>& work);
    bool if_idle(const std::function<bool()>& work);

    /// Ends at once; what was submitted is `closed`, if it is not made. Then tells `ended`.
    void close(completion<int> ended);

private:
    void run() noexcept;
    error_code copy(const std::string& place);
    void copy_into(const std::string& file);
    bool is_wanted() const noexcept { return !interrupted_ && !closing_; }

    std::string path_;
    backend::commit_queue queue_;
    std::mutex copying_; // held while the copier has a connection
    std::atomic<bool> interrupted_ = false;
    std::atomic<bool> closing_ = false;
    completion<int> ended_;
    std::thread thread_;
};

} // namespace rejoinder::persistence::sqlite
