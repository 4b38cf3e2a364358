#include "service/recording/recording_writer.hpp"

#include "persistence/log.hpp"
#include "service/private_file.hpp"
#include "service/recording/lines.hpp"

#include <exception>
#include <utility>

namespace rejoinder::service {
namespace {

/// The room that a full file has left for the line that says so.
constexpr std::uint64_t room_for_gap = 64;

} // namespace

recording_writer::recording_writer(std::string folder, recording_bounds bounds)
    : folder_(std::move(folder)), bounds_(bounds), thread_([this] { run(); }) {}

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

void recording_writer::run() {
    for (;;) {
        std::deque<recording_line> taken;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            taken = std::exchange(queue_, {});
            bytes_ = 0;
        }
        write(taken);
    }
}

void recording_writer::write(const std::deque<recording_line>& lines) {
    std::map<std::string, page> pages;
    for (const auto& line : lines) {
        auto& [text, count] = pages[line.session];
        try {
            auto gap = line.lost > 0 ? to_gap_line(line.lost) : std::string();
            text += gap + line.write();
            ++count;
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
    switch (append_private_file(place, lines.text, bounds_.file_bytes)) {
    case appended::whole:
        if (lost != lost_.end()) lost_.erase(lost);
        if (std::exchange(failing_, false)) log::info("recording_goes_on", {{"folder", folder_}});
        return;
    case appended::full:
        log::warning("recording_full", {{"session", session}, {"bytes", bounds_.file_bytes}});
        (void)append_private_file(place, to_gap_line(lines.lines), bounds_.file_bytes + room_for_gap);
        if (full_.size() >= bounds_.sessions) full_.clear(); // those are found to be full once more
        full_.insert(session);
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
