#include "service/recording/recording_writer.hpp"

#include "persistence/log.hpp"
#include "service/private_file.hpp"
#include "service/recording/lines.hpp"
#include "service/recording/recordings.hpp"

#include <exception>
#include <utility>

namespace rejoinder::service {
namespace {

/// The room that a full file has left for the line that says so.
constexpr std::uint64_t room_for_gap = 64;

} // namespace

recording_writer::recording_writer(std::string folder, recording_bounds bounds)
    : folder_(std::move(folder)),
      bounds_(bounds),
      stored_(bytes_of_recordings(folder_)),
      thread_([this] { run(); }) {}

recording_writer::~recording_writer() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    arrived_.notify_one();
    thread_.join();
}

bool recording_writer::push(recording_line line) {
    {
        std::lock_guard lock(mutex_);
        if (queue_.size() >= bounds_.queued_lines || bytes_ + line.bytes > bounds_.queued_bytes) return false;
        bytes_ += line.bytes;
        queue_.push_back(std::move(line));
    }
    arrived_.notify_one();
    return true;
}

void recording_writer::settle(completion<std::uint64_t> done) {
    {
        std::lock_guard lock(mutex_);
        settling_.push_back(std::move(done));
    }
    arrived_.notify_one();
}

void recording_writer::run() {
    for (;;) {
        std::deque<recording_line> taken;
        std::vector<completion<std::uint64_t>> settling;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return ending_ || !queue_.empty() || !settling_.empty(); });
            if (queue_.empty() && settling_.empty()) return;
            taken = std::exchange(queue_, {});
            settling = std::exchange(settling_, {});
            bytes_ = 0;
        }
        write(taken);
        if (!settling.empty()) stored_ = bytes_of_recordings(folder_);
        for (auto& one : settling)
            one.post(stored_);
    }
}

void recording_writer::write(const std::deque<recording_line>& lines) {
    std::map<std::string, page> pages;
    for (const auto& line : lines) {
        auto& here = pages[line.session];
        // What follows a removed file goes another way than what begins one.
        if (!line.follows) write(line.session, std::exchange(here, {}));
        try {
            auto gap = line.lost > 0 ? to_gap_line(line.lost) : std::string();
            here.text += gap + line.write();
            if (here.lines++ == 0) here.follows = line.follows;
        } catch (const std::exception&) { // for want of memory
            fail(line.session, line.lost + 1);
        }
    }
    for (auto& [session, page] : pages)
        write(session, std::move(page));
}

void recording_writer::write(const std::string& session, page lines) {
    if (full_.contains(session) || lines.lines == 0) return;
    auto place = folder_ + "/" + session + ".ndjson";
    auto lost = lost_.find(session);
    if (lost != lost_.end()) lines.text.insert(0, to_gap_line(lost->second));
    auto without = lines.follows ? missing_file::left_out : missing_file::made;
    switch (append_private_file(place, lines.text, bounds_.file_bytes, without)) {
    case appended::whole:
        stored_ += lines.text.size();
        if (lost != lost_.end()) lost_.erase(lost);
        if (std::exchange(failing_, false)) log::info("recording_goes_on", {{"folder", folder_}});
        return;
    case appended::full:
        log::warning("recording_full", {{"session", session}, {"bytes", bounds_.file_bytes}});
        (void)append_private_file(place, to_gap_line(lines.lines), bounds_.file_bytes + room_for_gap);
        if (full_.size() >= bounds_.sessions) full_.clear(); // those are found to be full once more
        full_.insert(session);
        return;
    case appended::missing:
        lost_.erase(session); // of what nobody wants to have
        failures_.fetch_add(1, std::memory_order_relaxed);
        return;
    case appended::failed:
        fail(session, lines.lines);
        if (!std::exchange(failing_, true)) log::warning("recording_failed", {{"folder", folder_}});
    }
}

void recording_writer::fail(const std::string& session, std::size_t lines) {
    if (lost_.size() >= bounds_.sessions) lost_.clear();
    lost_[session] += lines;
    failures_.fetch_add(1, std::memory_order_relaxed);
}

} // namespace rejoinder::service
