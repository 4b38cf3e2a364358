#pragma once

#include "persistence/sqlite/connection.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace rejoinder::persistence::sqlite {

/// Works SQLite's log into the file on a thread and a connection of its own, a pass each time it is asked,
/// while the writer goes on committing.
///
/// It belongs to the writer, whose thread calls everything here; `checkpoint_plan` says when. A pass that has
/// worked has left on the disk all that it counts as done. That is more than SQLite promises: where a pass
/// does not reach the log's end, SQLite counts pages that it has written and not flushed, and a later flush
/// that works says nothing of them, as Linux tells of a write that got lost only once.
///
/// One that failed is told to the writer, which is woken for it, before there is another: without another the
/// log cannot begin anew, so that it still holds all that the failure may have cost. All connections to the
/// store are to be closed then, this one too, and the whole log is to be worked in once more.
class checkpointer {
public:
    /// What came of a pass.
    struct pass {
        int code = 0; ///< SQLite's extended result code; zero: it has worked
        int done = 0; ///< pages of the log that it found that are in the file and on the disk
    };

    /// Opens the connection. `tell` is called on the checkpointer's thread, after a pass has failed. Throws
    /// `failure`, and `std::system_error` when there is no thread.
    checkpointer(const std::string& path, std::function<void()> tell);

    /// Waits for the pass that is under way; nobody hears of that.
    ~checkpointer();

    /// Asks for a pass. There is none under way, and none that has ended and was not taken.
    void begin();

    /// The pass that has ended, once.
    std::optional<pass> take();

    /// The same after waiting for the one that is under way; none when nothing was asked for.
    std::optional<pass> wait();

private:
    enum class state { idle, asked, ended };

    void run() noexcept;
    pass make_pass() noexcept;
    std::optional<pass> take_ended();

    std::unique_ptr<connection> file_; // the thread's
    std::function<void()> tell_;

    std::mutex mutex_;
    std::condition_variable changed_;
    state state_ = state::idle;
    pass ended_;
    bool closing_ = false;

    std::thread thread_;
};

} // namespace rejoinder::persistence::sqlite
