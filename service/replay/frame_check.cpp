#include "service/replay/frame_check.hpp"

#include "service/recorded_step.hpp"
#include "websocket/protocol/codec.hpp"

namespace rejoinder::service {

namespace protocol = websocket::protocol;

namespace {

/// What has any form: a recording may have been changed by hand.
std::string text_in(const json& frame, const char* pointer) {
    const auto* found = find_pointer(frame, pointer);
    return found && found->is_string() ? found->get<std::string>() : "";
}

bool is_true_in(const json& frame, const char* pointer) {
    const auto* found = find_pointer(frame, pointer);
    return found && *found == true;
}

/// The frames that a robot is sent, as a turn's outcome keeps them; empty for anybody else's.
json robot_frames(const recorded_commit& commit) {
    auto outcome = parse_json(commit.outcome, stored_limits).value;
    const auto* batch = find_pointer(outcome, "/batch");
    return batch && batch->is_array() ? *batch : json::array();
}

std::string kind_of(const json& robot_frame) {
    return text_in(robot_frame, "/type") + "/" + text_in(robot_frame, "/transID");
}

bool is_for_robots(const std::string& type) {
    return type == "LISTEN" || type == "EOS" || type == "SKILL_ACTION" || type == "SKILL_REDIRECT";
}

} // namespace

void frame_check::add(const recorded_commit& commit, const std::vector<protocol::event>& events,
                      json outcome) {
    for (const auto& one : events)
        events_[one.seq] = one;
    if (commit.turn.empty()) return;
    for (const auto& sent : robot_frames(commit)) {
        const auto* frame = find_pointer(sent, "/frame");
        if (frame) robots_.emplace(kind_of(*frame), redact(to_text(*frame), message_form::robot_frame));
    }
    protocol::accepted answer;
    answer.turn = turn_id{commit.turn};
    answer.status = commit.status;
    answer.first = first_event_of_turn(commit.step).value_or(commit.last + 1 - events.size());
    answer.last = commit.last;
    if (!outcome.empty()) answer.outcome = std::move(outcome);
    turns_[commit.turn] = std::move(answer);
}

std::optional<frame_check::difference> frame_check::compare(std::size_t commits) {
    for (; next_ < recorded_.frames.size() && recorded_.frames[next_].behind <= commits; ++next_) {
        const auto& frame = recorded_.frames[next_];
        if (frame.way != recorded_message::direction::out || !frame.what.is_object()) continue;
        auto ours = expected(frame.what);
        if (!ours) continue;
        ++compared_;
        if (*ours != frame.what)
            return difference{text_in(frame.what, "/turn"), to_text(frame.what),
                              ours->is_null() ? "nothing: no commit has made it" : to_text(*ours)};
    }
    return std::nullopt;
}

/// What a frame should be, as it would be recorded; null when it should not be, nothing when it is not told
/// by what was made again.
std::optional<json> frame_check::expected(const json& frame) const {
    auto type = text_in(frame, "/type");
    if (type == "event") {
        const auto* number = find_pointer(frame, "/seq");
        auto seq = number && number->is_number_unsigned() ? number->get<std::uint64_t>() : 0;
        if (recorded_.start && seq <= recorded_.start->head) return std::nullopt;
        auto found = events_.find(seq);
        if (found == events_.end()) return json();
        auto how = is_true_in(frame, "/replayed") ? protocol::delivery::replayed : protocol::delivery::live;
        return redact(protocol::encode(found->second, how));
    }
    if (is_for_robots(type)) return expected_of_robot(frame);
    auto found = turns_.find(type == "accepted" ? text_in(frame, "/turn") : "");
    if (found == turns_.end()) return std::nullopt;
    auto answer = found->second;
    answer.duplicate = is_true_in(frame, "/duplicate");
    return redact(protocol::encode(answer));
}

/// A turn that a robot repeats is answered with the same frames, also when its commit is not in this part.
std::optional<json> frame_check::expected_of_robot(const json& frame) const {
    auto [first, last] = robots_.equal_range(kind_of(frame));
    for (auto it = first; it != last; ++it)
        if (it->second == frame) return frame;
    if (first != last) return first->second;
    if (recorded_.start) return std::nullopt;
    return json();
}

} // namespace rejoinder::service
