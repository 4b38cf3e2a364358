#include "service/recording/recorder.hpp"

#include "persistence/log.hpp"

#include "service/recording/recordings.hpp"

#include <algorithm>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace rejoinder::service {
namespace {

using persistence::log_entry;
using persistence::session_row;

/// What a line holds beside its texts.
constexpr std::size_t line_overhead = 256;

std::size_t size_of(const recorded_commit& one) {
    return line_overhead + one.step.size() + one.events.size() + one.messages.size() + one.outcome.size();
}

recording_head head_of(const session_row& row) {
    return {row.id.text,
            row.machine,
            row.machine_version,
            row.machine_hash,
            std::nullopt,
            true,
            {row.account.text, row.user, row.person}};
}

} // namespace

recorder::recorder(std::string folder, recording_bounds bounds)
    : bounds_(bounds), writer_(std::move(folder), bounds) {}

recorder::~recorder() {
    for (auto& [session, one] : tracks_)
        end(session, one);
}

recorder::track* recorder::find(const session_id& session) {
    auto found = tracks_.find(session.text);
    return found == tracks_.end() ? nullptr : &found->second;
}

bool recorder::needs_beginning(const session_id& session, revision where) {
    std::lock_guard lock(mutex_);
    if (const auto* one = find(session)) return one->stands_at != where;
    return names_recording(session.text) && has_room();
}

bool recorder::is_folder_full() {
    if (writer_.stored() < bounds_.folder_bytes) {
        told_of_full_folder_ = false;
        return false;
    }
    if (!std::exchange(told_of_full_folder_, true))
        log::warning("recordings_full", {{"folder", folder()}, {"bytes", bounds_.folder_bytes}});
    return true;
}

bool recorder::has_room() {
    if (is_folder_full()) return false;
    if (tracks_.size() < bounds_.sessions || !idle_.empty()) return true;
    if (!std::exchange(told_of_bound_, true))
        log::warning("sessions_not_recorded", {{"recorded", tracks_.size()}});
    return false;
}

/// Lines that were taken and could not be written may have been of any session.
void recorder::look_for_failures() {
    auto now = writer_.failures();
    if (std::exchange(failures_, now) == now) return;
    for (auto& [session, one] : tracks_)
        one.broken = true;
}

void recorder::begin(const session_row& row, beginning how, std::shared_ptr<const ordered_json> document) {
    if (!names_recording(row.id.text)) return;
    std::lock_guard lock(mutex_);
    auto* one = make_room_for(row.id.text);
    if (!one) return;
    auto head = head_of(row);
    if (how == beginning::standing) {
        head.start = recorded_start{row.state, row.head};
        one->stands_at = row.revision;
        one->state = row.state;
        one->head = row.head;
    }
    begin(row.id.text, *one, std::move(head), std::move(document));
}

void recorder::begin(const std::string& session, track& of, recording_head head,
                     std::shared_ptr<const ordered_json> document) {
    of.machine_hash = head.machine_hash;
    of.owner = head.owner;
    of.commits = 0;
    of.broken = false;
    auto bytes = line_overhead + (head.start ? head.start->state.size() : 0);
    auto write = [head = std::move(head), document = std::move(document)] {
        return to_line(head, document ? *document : ordered_json());
    };
    push(of, {session, 0, bytes, std::move(write)});
}

void recorder::committed(const session_row& row, revision now, std::optional<log_entry> entry,
                         const std::shared_ptr<const ordered_json>& document) {
    std::lock_guard lock(mutex_);
    auto* one = find(row.id);
    if (!one) return;
    if (one->clients == 0) idle_.splice(idle_.end(), idle_, one->idle);
    look_for_failures();
    auto head = head_of(row);
    bool other_machine = row.machine_hash != one->machine_hash;
    if (other_machine || (!entry && row.state != one->state)) {
        // The machine is written once as long as it is the same: a robot's reports would fill the file.
        bool known = !other_machine && !one->broken;
        head.start = recorded_start{row.state, row.head};
        begin(row.id.text, *one, std::move(head), known ? nullptr : document);
        entry.reset();
    } else if (entry && (one->broken || head.owner != one->owner)) {
        if (!one->state.empty()) head.start = recorded_start{std::move(one->state), one->head};
        begin(row.id.text, *one, std::move(head), one->broken ? document : nullptr);
    }
    one->stands_at = now;
    one->state = row.state;
    one->head = row.head;
    if (!entry) return;
    ++one->commits;
    auto commit = to_recorded_commit(std::move(*entry));
    auto bytes = size_of(commit);
    push(row.id.text, *one, bytes, [commit = std::move(commit)] { return to_line(commit); });
}

void recorder::frame(const session_id& session, recorded_message::direction way, utc_time at,
                     std::string text, message_form how) {
    std::lock_guard lock(mutex_);
    auto* one = find(session);
    if (!one) return;
    auto bytes = line_overhead + text.size();
    push(session.text, *one, bytes, [way, at = to_unix(at), how, text = std::move(text)] {
        return to_line(recorded_message{way, at, redact(text, how)});
    });
}

bool recorder::attached(const session_id& session) {
    std::lock_guard lock(mutex_);
    auto* one = find(session);
    if (one && one->clients++ == 0) idle_.erase(one->idle);
    return one != nullptr;
}

void recorder::detached(const session_id& session, utc_time at, std::uint16_t code) {
    std::lock_guard lock(mutex_);
    auto* one = find(session);
    if (!one || one->clients == 0) return;
    push(session.text, *one, line_overhead, [at = to_unix(at), code] {
        return to_line(recorded_message{recorded_message::direction::closed, at, code});
    });
    if (--one->clients > 0) return;
    one->idle = idle_.insert(idle_.end(), session.text);
    end(session.text, *one);
}

/// A line more of the session, if there is room for it, and if it follows what stands in front of it.
void recorder::push(const std::string& session, track& of, std::size_t bytes,
                    std::function<std::string()> write) {
    push(of, {session, 0, bytes, std::move(write), true});
}

void recorder::push(track& of, recording_line line) {
    line.lost = of.lost;
    if (!of.broken && writer_.push(std::move(line))) {
        of.lost = 0;
        of.ended = false;
        return;
    }
    ++of.lost;
    of.broken = true;
}

void recorder::end(const std::string& session, track& of) {
    if (of.ended || of.broken) return;
    push(session, of, line_overhead + of.state.size(),
         [commits = of.commits, state = of.state] { return to_end_line(commits, state); });
    of.ended = !of.broken;
}

/// The session's own place, a free one, or that of the one which was idle the longest.
recorder::track* recorder::make_room_for(const std::string& session) {
    if (auto found = tracks_.find(session); found != tracks_.end()) return &found->second;
    if (!has_room()) return nullptr;
    if (tracks_.size() >= bounds_.sessions) {
        auto given_up = tracks_.find(idle_.front());
        end(given_up->first, given_up->second);
        tracks_.erase(given_up);
        idle_.pop_front();
    }
    auto& made = tracks_[session];
    made.idle = idle_.insert(idle_.end(), session);
    return &made;
}

task<> recorder::settle() {
    co_await suspend<std::uint64_t>(
        [this](completion<std::uint64_t> done) { writer_.settle(std::move(done)); });
}

std::unique_ptr<recorder> open_recorder(const std::string& folder, const recording_bounds& bounds,
                                        std::string& why) {
    namespace fs = std::filesystem;
    std::error_code problem;
    if (fs::create_directories(folder, problem)) fs::permissions(folder, fs::perms::owner_all, problem);
    if (problem || ::access(folder.c_str(), W_OK | X_OK) != 0) {
        why = folder + " can't be written to; name a folder that can";
        return nullptr;
    }
    return std::make_unique<recorder>(folder, bounds);
}

} // namespace rejoinder::service
