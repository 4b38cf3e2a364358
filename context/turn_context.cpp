#include "context/turn_context.hpp"

#include "persistence/json_writer.hpp"

#include <utility>

namespace rejoinder::context {

turn_context::turn_context(utc_time now, turn_id turn, conversation before)
    : now_(now), turn_(std::move(turn)), conversation_(std::move(before)) {}

void turn_context::hear(std::string text) {
    add_message(speaker::user, std::move(text));
}

void turn_context::show(std::string kind, json data) {
    if (kind == "say" || kind == "ask") {
        if (auto text = data.find("text"); text != data.end() && text->is_string())
            add_message(speaker::machine, text->get<std::string>());
    }
    if (kind == "ask") question_ = data;
    shown_.push_back({std::move(kind), std::move(data)});
}

void turn_context::remember(std::string key, json value) {
    user_data_.insert_or_assign(std::move(key), std::optional<json>(std::move(value)));
}

void turn_context::forget(std::string key) {
    user_data_.insert_or_assign(std::move(key), std::nullopt);
}

void turn_context::add_message(speaker by, std::string text) {
    message m{by, std::move(text), turn_, now_};
    messages_.reserve(messages_.size() + usual_size(m) + 2);
    append_separator(messages_);
    auto begin = messages_.size();
    append_text(messages_, m);
    conversation_.add(m, messages_.substr(begin));
}

} // namespace rejoinder::context
