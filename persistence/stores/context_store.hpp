#pragma once

#include "persistence/stores/typed_record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

/// What was learned in one session's conversation.
struct conversation_context {
    static constexpr record_shape shape{"conversation", 1, scope_parts::user};

    json user_data = json::object();
    std::string summary; ///< of the messages that a responder is not shown any more
    std::uint64_t message_count = 0;
    std::string focus;
};
void describe(record_walk& walk, conversation_context& value);

enum class message_role { user, coach, device, system };
std::span<const std::string_view> names_of(message_role) noexcept;

struct conversation_message {
    static constexpr record_shape shape{"message", 1, scope_parts::user};

    message_role role = message_role::user;
    std::string content;
    std::string component; ///< that a client shows it with
    std::string phase;
    std::string turn;
};
void describe(record_walk& walk, conversation_message& value);

/// The conversations of one user, by session. A session's messages are numbered from 1 without gaps: whoever
/// adds one counts it in the context in the same change set, so of two that add at the same time one gets
/// `conflict` and adds behind the other's.
class context_store {
public:
    context_store(database& db, const user_ref& user);

    /// `not_found` before the first save.
    task<result<stored<conversation_context>>> load(std::string session) const;

    /// Over what was read (revision 0: nothing).
    checked<record_write> save(std::string session, conversation_context context, revision read) const;

    /// Adds a message behind the context's last one and writes the context with it. A context with revision 0
    /// is begun.
    checked<record_writes> add(const stored<conversation_context>& before,
                               conversation_message message) const;

    /// Messages with a number above `after`, in their order, 1 to 1000. `next` is a key; the number behind it
    /// is `number_of`.
    task<result<page<conversation_message>>> messages(const std::string& session, std::uint64_t after,
                                                      std::size_t limit) const;

    /// The number that a message's key stands for; 0 for another text.
    static std::uint64_t number_of(std::string_view key) noexcept;

private:
    records_of<conversation_context> contexts_;
    records_of<conversation_message> messages_;
};

} // namespace rejoinder::persistence
