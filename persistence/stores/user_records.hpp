#pragma once

#include "persistence/stores/typed_record.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

/// Who a user is.
struct user_profile {
    static constexpr record_shape shape{"user", 1, scope_parts::user};

    std::string name;
    std::string email;
    json data = json::object();
    static std::string key() { return "user"; }
};
void describe(record_walk& walk, user_profile& value);

/// What a module of the program is told by the user to do.
struct user_setting {
    static constexpr record_shape shape{"user_setting", 1, scope_parts::user};

    std::string module;
    json value = json::object();
    std::string key() const { return module; }
};
void describe(record_walk& walk, user_setting& value);

struct user_note {
    static constexpr record_shape shape{"user_note", 1, scope_parts::user};

    std::string note;
    std::string source_message; ///< key of the message that it was taken from
};
void describe(record_walk& walk, user_note& value);

enum class action_status { open, done, dropped };
std::span<const std::string_view> names_of(action_status) noexcept;

/// Something that the user has set out to do. `completed` is set exactly when it is done.
struct action_item {
    static constexpr record_shape shape{"action_item", 1, scope_parts::user};

    std::string identity; ///< id of the identity that it serves
    std::string text;
    action_status status = action_status::open;
    std::optional<utc_time> due;
    std::optional<utc_time> completed;
};
void describe(record_walk& walk, action_item& value);

} // namespace rejoinder::persistence
