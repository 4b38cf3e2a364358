#include "persistence/stores/user_records.hpp"

#include "persistence/stores/bounds.hpp"

#include <array>

namespace rejoinder::persistence {

void describe(record_walk& walk, user_profile& value) {
    walk.line("name", value.name, bounds::optional_name);
    walk.line("email", value.email, {0, 254});
    walk.object("data", value.data, bounds::object);
}

void describe(record_walk& walk, user_setting& value) {
    walk.line("module", value.module, bounds::id);
    walk.object("value", value.value, bounds::object);
}

void describe(record_walk& walk, user_note& value) {
    walk.text("note", value.note, bounds::needed_text);
    walk.line("source_message", value.source_message, {0, 300});
}

std::span<const std::string_view> names_of(action_status) noexcept {
    static constexpr std::array<std::string_view, 3> names{"open", "done", "dropped"};
    return names;
}

void describe(record_walk& walk, action_item& value) {
    walk.line("identity", value.identity, bounds::optional_id);
    walk.text("text", value.text, bounds::needed_text);
    walk.choice("status", value.status);
    walk.time("due", value.due);
    walk.time("completed", value.completed);
    walk.rule(value.completed.has_value() == (value.status == action_status::done), "completed",
              "must be there exactly when the item is done");
}

} // namespace rejoinder::persistence
