#include "persistence/stores/robot_sessions.hpp"

#include "persistence/json.hpp"

namespace rejoinder::persistence {
namespace {

record_id id_of(robot_conversation conversation) {
    record_id id;
    id.type = "robot_session";
    id.scope.account = std::move(conversation.account.text);
    id.scope.device = std::move(conversation.device.text);
    id.key = std::move(conversation.machine);
    return id;
}

/// The record's value is a JSON string.
json value_of(const session_id& session) {
    return session.text;
}

} // namespace

task<result<robot_session>> robot_sessions::load(robot_conversation conversation) const {
    auto reading = database_.read(id_of(std::move(conversation)));
    auto found = co_await std::move(reading);
    if (!found) co_return found.error();
    auto parsed = parse_json(found->value);
    if (!parsed || !parsed.value.is_string()) co_return errc::corrupt;
    robot_session session;
    session.session.text = parsed.value.get<std::string>();
    session.revision = found->revision;
    co_return session;
}

record_write robot_sessions::claim(robot_conversation conversation, const session_id& session) {
    record_write write;
    write.id = id_of(std::move(conversation));
    write.value = to_text(value_of(session));
    write.mode = write_mode::create_only;
    return write;
}

record_write robot_sessions::replace(robot_conversation conversation, const session_id& session,
                                     rejoinder::revision expected) {
    auto write = claim(std::move(conversation), session);
    write.mode = write_mode::if_revision;
    write.expected = expected;
    return write;
}

} // namespace rejoinder::persistence
