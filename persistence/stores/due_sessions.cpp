#include "persistence/stores/due_sessions.hpp"

#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t digits = 16;

/// What a key says; a session without a name where it is no key of ours.
due_session from_key(std::string_view key) {
    std::int64_t due = 0;
    auto time = key.substr(0, digits);
    auto [end, problem] = std::from_chars(time.data(), time.data() + time.size(), due);
    bool is_ours = key.size() > digits + 1 && problem == std::errc() && key[digits] == '.';
    return is_ours ? due_session{std::string(key.substr(digits + 1)), from_unix(due)} : due_session();
}

} // namespace

/// Sixteen digits hold every time that a timer may have, and sort as numbers do.
std::string due_session::key() const {
    auto number = std::to_string(std::max<std::int64_t>(0, to_unix(due)));
    return std::string(digits - std::min(digits, number.size()), '0') + number + "." + session;
}

void describe(record_walk& walk, due_session& value) {
    walk.line("session", value.session, bounds::id);
    walk.time("due", value.due);
}

due_sessions::due_sessions(database& db) : database_(db), entries_(db, scope()) {}

task<result<page<due_session>>> due_sessions::list(std::string after, std::size_t limit) const {
    scan_request request{std::string(due_session::shape.type), scope(), std::move(after), limit};
    auto scanning = database_.scan(std::move(request));
    auto found = co_await std::move(scanning);
    if (!found) co_return found.error();
    page<due_session> result;
    if (!found->empty()) result.next = found->back().id.key;
    for (auto& one : *found) {
        auto entry = from_key(one.id.key);
        if (!entry.session.empty())
            result.records.push_back(
                {std::move(one.id.key), std::move(entry), one.revision, one.created, one.updated});
    }
    co_return result;
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
