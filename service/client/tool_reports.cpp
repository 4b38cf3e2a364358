#include "service/client/tool_reports.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

bool tool_reports::add(tool_report_frame report) {
    if (open_.size() >= most) return false;
    open_.push_back({std::move(report), false});
    return true;
}

void tool_reports::send_open(const std::function<void(const json& frame)>& send) {
    for (auto& one : open_) {
        if (std::exchange(one.sent, true)) continue;
        json frame = {
            {"type", "tool_result"}, {"call", one.what.call}, {"ok", one.what.ok}, {"data", one.what.data}};
        if (!one.what.turn.empty()) frame["turn"] = one.what.turn;
        send(frame);
    }
}

void tool_reports::on_new_connection() {
    for (auto& one : open_)
        one.sent = false;
}

void tool_reports::on_turn_ended(std::string_view turn) {
    std::erase_if(open_, [turn](const open_report& one) { return one.what.turn == turn; });
}

bool tool_reports::on_error(const json& error) {
    auto call = error.value("ref", "");
    auto found = std::ranges::find(open_, call, [](const open_report& one) { return one.what.call; });
    if (found == open_.end()) return false;
    if (error.value("retry", false))
        found->sent = false;
    else
        open_.erase(found);
    return true;
}

} // namespace rejoinder::service
