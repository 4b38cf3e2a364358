#pragma once

#include "persistence/task.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rejoinder::service {

/// Bounds of a recorder; at each it does what is said here.
struct recording_bounds {
    std::size_t queued_lines = 8192;        ///< beyond: a line is lost, and its file says so
    std::size_t queued_bytes = 16 << 20;    ///< the same
    std::uint64_t file_bytes = 64ULL << 20; ///< of one session; beyond: its file says so and gets no more
    std::size_t sessions = 4096;            ///< recorded at a time; beyond: others are not recorded
    /// Of all files; from then on no other session is recorded, and those that are go on.
    std::uint64_t folder_bytes = 4ULL << 30;
};

/// A line on its way into the file of a session.
struct recording_line {
    std::string session;
    std::size_t lost = 0;               ///< lines that are missing in front of it
    std::size_t bytes = 0;              ///< what it holds in memory
    std::function<std::string()> write; ///< gives the line, on the writer's thread
    bool follows = false;               ///< means nothing without what stands in front of it: begins no file
};

/// Writes lines of many sessions into a folder, a file `ID.ndjson` each, from one thread of its own: who
/// hands in a line never waits for a disk, nor for the line to be put into words. No file stays open.
///
/// What can't be written is lost, which is logged once until writing succeeds again; the file says how many
/// lines it lacks, as soon as it can be written. A file that somebody has removed does not come back: lines
/// that follow others are lost, until one comes that begins anew.
///
/// Owner: the recorder. The destructor writes what is queued.
class recording_writer {
public:
    recording_writer(std::string folder, recording_bounds bounds);
    recording_writer(const recording_writer&) = delete;
    recording_writer& operator=(const recording_writer&) = delete;
    ~recording_writer();

    /// False when there is no room for it. Any thread.
    [[nodiscard]] bool push(recording_line line);

    /// How often lines that had been taken were lost. Any thread.
    std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

    /// Bytes of all recordings in the folder, other programs' as well, as they were counted at the
    /// beginning or by `settle`, and what was written since. Any thread.
    std::uint64_t stored() const noexcept { return stored_.load(std::memory_order_relaxed); }

    /// Gives `stored()` when everything that was taken so far is written, and the folder is counted anew. Any
    /// thread.
    void settle(completion<std::uint64_t> done);

    const std::string& folder() const noexcept { return folder_; }

private:
    /// Lines of one session that are written together.
    struct page {
        std::string text;
        std::size_t lines = 0;
        bool follows = false; ///< as its first line does
    };

    void run();
    void write(const std::deque<recording_line>& lines);
    void write(const std::string& session, page lines);
    void fail(const std::string& session, std::size_t lines);

    const std::string folder_;
    const recording_bounds bounds_;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<std::uint64_t> stored_ = 0;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<recording_line> queue_; ///< guarded by the mutex, as the next three
    std::vector<completion<std::uint64_t>> settling_;
    std::size_t bytes_ = 0;
    bool ending_ = false;

    // The thread's own.
    std::map<std::string, std::size_t> lost_; ///< by session, what its file does not say yet
    std::set<std::string> full_;
    bool failing_ = false;

    std::thread thread_; ///< last: it uses all of the above
};

} // namespace rejoinder::service
