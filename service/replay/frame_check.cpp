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

} // namespace

void frame_check::add(const recorded_commit& commit, const std::vector<protocol::event>& events,
                      json outcome) {
    for (const auto& one : events)
        events_[one.seq] = one;
    if (commit.turn.empty()) return;
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
    auto found = turns_.find(type == "accepted" ? text_in(frame, "/turn") : "");
    if (found == turns_.end()) return std::nullopt;
    auto answer = found->second;
    answer.duplicate = is_true_in(frame, "/duplicate");
    return redact(protocol::encode(answer));
}

} // namespace rejoinder::service
