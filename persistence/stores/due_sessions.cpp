#include "persistence/stores/due_sessions.hpp"

#include "persistence/stores/bounds.hpp"

#include <utility>

namespace rejoinder::persistence {

/// Sixteen digits hold every time that a timer may have, and sort as numbers do.
std::string due_session::key() const {
    auto number = std::to_string(std::max<std::int64_t>(0, to_unix(due)));
    constexpr std::size_t digits = 16;
    return std::string(digits - std::min(digits, number.size()), '0') + number + "." + session;
}

void describe(record_walk& walk, due_session& value) {
    walk.line("session", value.session, bounds::id);
    walk.time("due", value.due);
}

due_sessions::due_sessions(database& db) : entries_(db, scope()) {}

task<result<page<due_session>>> due_sessions::list(std::string after, std::size_t limit) const {
    return entries_.list({}, std::move(after), limit);
}

record_write due_sessions::note(const session_id& session, utc_time due) const {
    auto write = entries_.write({session.text, due}, std::nullopt);
    return *std::move(write); // ids of sessions are within its bounds
}

record_write due_sessions::forget(const session_id& session, utc_time due) const {
    return entries_.erase(due_session{session.text, due}.key(), std::nullopt);
}

std::optional<utc_time> due_in(std::string_view metadata) {
    if (metadata.find("\"due\"") == std::string_view::npos) return std::nullopt;
    auto parsed = parse_json(metadata, stored_limits);
    const auto* due = parsed ? find_pointer(parsed.value, "/due") : nullptr;
    if (!due || !due->is_number_integer()) return std::nullopt;
    return from_unix(*due);
}

std::string with_due(std::string metadata, std::optional<utc_time> due) {
    if (!due) return metadata;
    auto parsed = parse_json(metadata, stored_limits);
    auto about = parsed && parsed.value.is_object() ? std::move(parsed.value) : json::object();
    about["due"] = to_unix(*due);
    return to_text(about);
}

} // namespace rejoinder::persistence
