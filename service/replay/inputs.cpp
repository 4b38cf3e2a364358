#include "service/replay/inputs.hpp"

#include <map>
#include <utility>

namespace rejoinder::service {
namespace {

std::string text_at(const json& value, const char* pointer) {
    const json* found = find_pointer(value, pointer);
    return found && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> rules_of(const json& message) {
    std::vector<std::string> rules;
    if (const json* found = find_pointer(message, "/data/rules"); found && found->is_array())
        for (const auto& rule : *found)
            if (rule.is_string()) rules.push_back(rule.get<std::string>());
    return rules;
}

/// What the frames so far said about one transaction.
struct told {
    std::vector<std::string> rules;
    std::string hint;
    bool waits_for_hint = false;
};

/// The input in a message, if there is one; `so_far` learns from it.
std::optional<recorded_input> read(const json& message, told& so_far) {
    recorded_input input;
    input.transaction = text_at(message, "/transID");
    auto type = text_at(message, "/type");
    if (type == "LISTEN") {
        so_far.rules = rules_of(message);
        input.text = text_at(message, "/data/text");
        if (input.text.empty()) input.text = text_at(message, "/data/asr/text");
    } else if (type == "CLIENT_ASR") {
        input.text = text_at(message, "/data/text");
        if (input.text.empty()) input.text = so_far.hint;
        so_far.waits_for_hint = input.text.empty();
    } else if (type == "CONTEXT") {
        so_far.hint = text_at(message, "/data/audioTranscriptHint");
        if (std::exchange(so_far.waits_for_hint, false)) input.text = so_far.hint;
    } else if (type == "CLIENT_NLU") {
        input.text = text_at(message, "/data/intent");
        input.intent = input.text;
        const json* entities = find_pointer(message, "/data/entities");
        input.entities = entities && !entities->is_null() ? *entities : json::object();
    } else if (type == "TRIGGER") {
        input.trigger = true;
    }
    if (input.text.empty() && !input.trigger) return std::nullopt;
    input.rules = type == "CLIENT_NLU" ? rules_of(message) : so_far.rules;
    if (input.rules.empty()) input.rules = so_far.rules;
    return input;
}

} // namespace

std::vector<recorded_input> inputs_of(const recorded_turn& turn) {
    std::vector<recorded_input> inputs;
    std::map<std::string, told> transactions;
    for (std::size_t i = 0; i < turn.frames.size(); ++i) {
        const auto& message = turn.frames[i].message;
        auto found = read(message, transactions[text_at(message, "/transID")]);
        if (!found) continue;
        found->frame = i;
        inputs.push_back(std::move(*found));
    }
    return inputs;
}

std::vector<std::optional<std::size_t>> answered_inputs(std::span<const recorded_input> inputs,
                                                        std::span<const std::size_t> after) {
    std::vector<std::optional<std::size_t>> answered;
    std::size_t next = 0;
    auto arrived = [&](std::size_t input, std::size_t frames) {
        return input < inputs.size() && inputs[input].frame < frames;
    };
    for (auto frames : after) {
        while (arrived(next + 1, frames) && inputs[next].trigger)
            ++next;
        if (arrived(next, frames))
            answered.push_back(next++);
        else
            answered.push_back(std::nullopt);
    }
    return answered;
}

} // namespace rejoinder::service
