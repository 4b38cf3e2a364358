#pragma once

#include "persistence/database.hpp"

#include <string>

namespace rejoinder::persistence {

/// What a robot's conversation is found by: a robot names no session, and each of its connections is a new
/// one.
struct robot_conversation {
    account_id account;
    device_id device;
    std::string machine;
};

/// Which session a conversation is, and how often that has changed.
struct robot_session {
    session_id session;
    rejoinder::revision revision;
};

class robot_sessions {
public:
    explicit robot_sessions(database& db) : database_(db) {}

    /// `not_found` when the conversation has not begun.
    task<result<robot_session>> load(robot_conversation conversation) const;

    /// The write that makes a session the conversation's, in the change set that creates the session: of two
    /// connections that begin it at the same time one gets `conflict` and loads what the other has claimed.
    static record_write claim(robot_conversation conversation, const session_id& session);

    /// The write that moves the conversation to another session, as the claimed one's life is over.
    /// `conflict` when somebody else did that first.
    static record_write replace(robot_conversation conversation, const session_id& session,
                                rejoinder::revision expected);

private:
    database& database_;
};

} // namespace rejoinder::persistence
