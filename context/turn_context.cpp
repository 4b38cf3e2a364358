#include "context/turn_context.hpp"

#include "persistence/json_writer.hpp"

#include <utility>

namespace rejoinder::context {

turn_context::turn_context(utc_time now, turn_id turn, const conversation& before)
    : now_(now), turn_(std::move(turn)), conversation_(before) {}

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

std::string turn_context::messages() const {
    std::string messages;
    std::size_t size = 2;
    for (const auto& m : said_)
        size += usual_size(m) + 1;
    messages.reserve(size);
    messages += '[';
    for (const auto& m : said_) {
        append_separator(messages);
        append_text(messages, m);
    }
    messages += ']';
    return messages;
}

void turn_context::add_message(speaker by, std::string text) {
    message m{by, std::move(text), turn_, now_};
    said_.push_back(m);
    conversation_.add(std::move(m));
}

} // namespace rejoinder::context
