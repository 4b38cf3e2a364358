#include "persistence/lifecycle/inspection.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

void report(std::vector<record_problem>& to, std::string_view place, std::string message) {
    to.push_back({place.empty() ? std::string() : "/" + std::string(place), std::move(message)});
}

void check_json(std::vector<record_problem>& to, std::string_view place, std::string_view text) {
    if (auto parsed = parse_json(text, stored_limits); !parsed) report(to, place, "is no JSON");
}

/// How many events a text holds; nothing when it is no list.
std::optional<std::uint64_t> count_events(std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_array()) return std::nullopt;
    return parsed.value.size();
}

} // namespace

inspected inspect(const record& one) {
    inspected found;
    found.type = find_record_type(one.id.type);
    if (!found.type) {
        report(found.problems, "", "is of a type that this program does not know");
        return found;
    }
    if (auto error = parse_value(one, found.type->shape, found.value)) {
        report(found.problems, "",
               error == errc::newer_schema ? "was written by a newer program" : "the value is no JSON");
        return found;
    }
    found.is_readable = true;
    found.problems = found.type->validate(one.id, found.value);
    if (one.revision == revision{}) report(found.problems, "", "has no revision");
    return found;
}

std::vector<record_problem> inspect(const session_row& one) {
    std::vector<record_problem> problems;
    if (one.id.empty()) report(problems, "id", "is missing");
    if (one.account.empty()) report(problems, "account", "is missing");
    if (one.machine.empty()) report(problems, "machine", "is missing");
    if (one.revision == revision{}) report(problems, "revision", "is missing");
    if (one.floor == 0 || one.floor > one.head + 1)
        report(problems, "floor", "must be from 1 to the number behind the head");
    else if (one.floor == one.head + 1 && one.log_bytes != 0)
        report(problems, "log_bytes", "counts bytes of events, and there are none");
    if (one.expires < one.created) report(problems, "expires", "is before the creation");
    check_json(problems, "state", one.state);
    check_json(problems, "devices", one.devices);
    check_json(problems, "metadata", one.metadata);
    return problems;
}

log_inspection::log_inspection(const session_row& of)
    : head_(of.head), floor_(of.floor), log_bytes_(of.log_bytes), row_revision_(of.revision) {}

std::vector<record_problem> log_inspection::next(const log_entry& entry) {
    std::vector<record_problem> problems;
    auto place = "log/" + std::to_string(entry.revision.value);
    if (entry.last + 1 < entry.first) report(problems, place, "ends before it begins");
    if (before_ && entry.first != before_->last + 1)
        report(problems, place, "does not begin behind the entry before it: events are missing or doubled");
    if (!before_ && entry.first > floor_)
        report(problems, place, "is the oldest one and begins above the floor: events are missing");
    if (before_ && entry.revision <= before_->revision)
        report(problems, place, "has no higher revision than the entry before it");
    if (entry.revision > row_revision_) report(problems, place, "has a higher revision than its session");
    if (entry.last > head_) report(problems, place, "holds events above the head");

    auto count = count_events(entry.events);
    bool shows = entry.last >= entry.first && entry.last >= floor_;
    if (!count)
        report(problems, place + "/events", "is no list of events");
    else if (shows && *count != entry.last - entry.first + 1)
        report(problems, place + "/events", "holds another number of events than the entry says");
    if (!entry.input.empty()) check_json(problems, place + "/input", entry.input);
    if (!entry.outcome.empty()) check_json(problems, place + "/outcome", entry.outcome);
    if (!entry.messages.empty()) check_json(problems, place + "/messages", entry.messages);
    if (shows) bytes_ += entry.events.size();
    before_ = position_of(entry);
    return problems;
}

std::vector<record_problem> log_inspection::end() {
    std::vector<record_problem> problems;
    auto last = before_ ? before_->last : 0;
    if (last < head_) report(problems, "log", "ends below the head: events are missing");
    // Once events were let go the count is an estimate.
    if (floor_ == 1 && bytes_ != log_bytes_) report(problems, "log_bytes", "is not what the events take");
    return problems;
}

} // namespace rejoinder::persistence::lifecycle
