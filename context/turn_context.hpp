#pragma once

#include "context/conversation.hpp"
#include "persistence/json.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::context {

/// Something a client shall be shown once the turn is durable.
struct shown {
    std::string kind;
    json data;
};

/// The unit of work of one turn. It is made from what the session knew before, collects what the turn says,
/// shows and remembers, and ends as changes that are committed together or, when the turn fails, thrown away
/// together. A value for one thread; nothing in it touches a database.
class turn_context {
public:
    /// `turn` is empty for what happens without one (a greeting at creation, a device's report).
    turn_context(utc_time now, turn_id turn, conversation before);

    utc_time now() const noexcept { return now_; }

    /// What the user said.
    void hear(std::string text);

    /// An event for the client. What a `say` or an `ask` shows is part of the conversation.
    void show(std::string kind, json data);

    /// User data to be written (a value) or erased (nothing); the last word on a key counts.
    void remember(std::string key, json value);
    void forget(std::string key);

    const std::vector<shown>& shown_events() const noexcept { return shown_; }
    const conversation& talk() const noexcept { return conversation_; }

    // For whoever goes on with them; they are empty here then.
    std::vector<shown> take_shown_events() noexcept { return std::exchange(shown_, {}); }
    conversation take_talk() noexcept { return std::exchange(conversation_, {}); }

    /// What was said in this turn, as the log stores it: a JSON array. There is none of it here then.
    std::string take_messages() {
        messages_ += ']';
        return std::exchange(messages_, "[");
    }

    const std::map<std::string, std::optional<json>>& user_data() const noexcept { return user_data_; }

    /// The question that stands open after the turn, if any: the data of the last `ask`.
    const std::optional<json>& question() const noexcept { return question_; }

private:
    void add_message(speaker by, std::string text);

    utc_time now_;
    turn_id turn_;
    conversation conversation_;
    std::string messages_ = "["; // what was said, but for the bracket behind it
    std::vector<shown> shown_;
    std::map<std::string, std::optional<json>> user_data_;
    std::optional<json> question_;
};

} // namespace rejoinder::context
