#include "websocket/robot/frames.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace rejoinder::websocket::robot {
namespace {

/// The text at a pointer; empty when there is none.
std::string text_at(const json& value, std::string_view pointer) {
    const json* found = find_pointer(value, pointer);
    return found && found->is_string() ? found->get<std::string>() : std::string();
}

/// An id, which some firmware sends as a number.
std::string id_at(const json& value, std::string_view pointer) {
    const json* found = find_pointer(value, pointer);
    return found && found->is_number_integer() ? to_text(*found) : text_at(value, pointer);
}

json value_at(const json& value, std::string_view pointer) {
    const json* found = find_pointer(value, pointer);
    return found && !found->is_null() ? *found : json::object();
}

std::vector<std::string> rules_of(const json& data) {
    std::vector<std::string> rules;
    const json* found = find_pointer(data, "/rules");
    if (!found || !found->is_array()) return rules;
    for (const json& rule : *found)
        if (rule.is_string()) rules.push_back(rule.get<std::string>());
    return rules;
}

listen read_listen(const json& data) {
    listen read;
    read.text = text_at(data, "/text");
    if (read.text.empty()) read.text = text_at(data, "/asr/text");
    read.rules = rules_of(data);
    const json* silence = find_pointer(data, "/asr/sosTimeout");
    if (silence && silence->is_number_integer())
        read.silence = milliseconds(std::clamp<std::int64_t>(silence->get<std::int64_t>(), 100, 60000));
    return read;
}

client_nlu read_nlu(const json& data) {
    return {text_at(data, "/intent"), value_at(data, "/entities"), rules_of(data)};
}

device_context read_context(const json& data) {
    device_context read{data, text_at(data, "/audioTranscriptHint"), std::nullopt};
    if (auto id = text_at(data, "/runtime/loop/jibo/id"); !id.empty()) read.robot_id = std::move(id);
    return read;
}

bool within_bounds(const std::vector<std::string>& rules) {
    return rules.size() <= max_rules && std::ranges::all_of(rules, [](const std::string& rule) {
               return !rule.empty() && rule.size() <= max_id_size;
           });
}

/// What is wrong with a frame that was read; empty when nothing is.
struct objection {
    std::string_view operator()(const unknown&) const { return {}; }
    std::string_view operator()(const trigger&) const { return {}; }
    std::string_view operator()(const listen& read) const {
        if (read.text.size() > max_text_size) return "the text of LISTEN is too long";
        return within_bounds(read.rules) ? std::string_view()
                                         : "the rules of LISTEN are too many or too long";
    }
    std::string_view operator()(const client_nlu& read) const {
        if (read.intent.empty()) return "CLIENT_NLU needs an intent";
        if (read.intent.size() > max_id_size) return "the intent of CLIENT_NLU is too long";
        return within_bounds(read.rules) ? std::string_view()
                                         : "the rules of CLIENT_NLU are too many or too long";
    }
    std::string_view operator()(const client_asr& read) const {
        return read.text.size() > max_text_size ? "the text of CLIENT_ASR is too long" : std::string_view();
    }
    std::string_view operator()(const device_context& read) const {
        return read.transcript_hint.size() > max_text_size ? "the hint of CONTEXT is too long"
                                                           : std::string_view();
    }
};

} // namespace

std::variant<frame, frame_error> parse_frame(std::string_view text) {
    auto parsed = parse_json(text);
    if (parsed.error) return frame_error{parsed.error->message};
    const json& message = parsed.value;
    if (!message.is_object()) return frame_error{"a frame is a JSON object"};

    frame read{text_at(message, "/type"), id_at(message, "/transID"), id_at(message, "/msgID"), unknown{}};
    if (read.type.empty()) return frame_error{"a frame needs a type"};
    if (std::max({read.type.size(), read.transaction.size(), read.message.size()}) > max_id_size)
        return frame_error{"the type or an id of the frame is too long"};
    const json data = value_at(message, "/data");
    if (!data.is_object()) return frame_error{"the data of a frame is an object"};

    if (read.type == "LISTEN") read.body = read_listen(data);
    if (read.type == "CLIENT_NLU") read.body = read_nlu(data);
    if (read.type == "CLIENT_ASR") read.body = client_asr{text_at(data, "/text")};
    if (read.type == "TRIGGER") read.body = trigger{text_at(data, "/triggerSource"), data};
    if (read.type == "CONTEXT") read.body = read_context(data);

    if (auto wrong = std::visit(objection(), read.body); !wrong.empty())
        return frame_error{std::string(wrong)};
    return read;
}

} // namespace rejoinder::websocket::robot
