#include "statemachine/coach/question.hpp"

#include "statemachine/coach/phases.hpp"
#include "statemachine/coach/window.hpp"
#include "statemachine/letters.hpp"

#include <utility>

namespace rejoinder::statemachine::coach {
namespace {

constexpr std::size_t longest_message = 4000;
constexpr std::size_t most_actions = 20;

/// How much is told of each thing. Long texts are for the conversation to come back to.
enum class detail { full, brief };

json identities_of(const model& of, detail how) {
    constexpr std::size_t longest_text = 200;
    auto identities = json::array();
    for (const auto* one : of.living()) {
        json told = {{"id", one->id},
                     {"name", one->value.name},
                     {"category", persistence::to_string(one->value.category)},
                     {"state", persistence::to_string(one->value.state)}};
        if (how == detail::full && !one->value.description.empty())
            told["description"] = cut(one->value.description, longest_text);
        if (how == detail::full && !one->value.i_am_statement.empty())
            told["i_am_statement"] = cut(one->value.i_am_statement, longest_text);
        identities.push_back(std::move(told));
    }
    return identities;
}

json items_of(const model& of) {
    constexpr std::size_t longest_text = 100;
    auto items = json::array();
    for (const auto* item : of.open_items())
        items.push_back({{"id", item->id}, {"text", cut(item->value.text, longest_text)}});
    return items;
}

/// Where the coaching stands, as JSON: models read that as well as prose, and it needs no words of its own.
json standing(const model& of, detail how) {
    json at = progress(of);
    if (auto why = missing_to_leave(of.state.phase, of))
        at["missing"] = {{"guard", why->code}, {"message", why->message}, {"what", why->what}};
    at["said"] = of.state.flags;
    at["on_break"] = of.resting.has_value();
    at["asked_questions"] = of.state.asked_questions;
    at["identities"] = identities_of(of, how);
    at["action_items"] = items_of(of);
    if (how == detail::brief) return at;
    at["facts"] = of.facts;
    at["who_you_are"] = of.state.who_you_are;
    at["who_you_want_to_be"] = of.state.who_you_want_to_be;
    return at;
}

/// Bounded, as the question stands in the context beside the model.
std::string standing_text(const model& of) {
    constexpr std::size_t longest = 32 * 1024;
    auto text = to_text(standing(of, detail::full));
    return text.size() <= longest ? text : to_text(standing(of, detail::brief));
}

} // namespace

json make_question(const model& of, const std::string& prompt, const std::string& heard) {
    auto text = prompt + "\n\nYou may carry out these actions, each with its parameters:\n" +
                describe_actions(of.state.phase) + "\nThis is how everything stands:\n" + standing_text(of);
    if (!of.summary.empty()) text += "\n\nWhat was said before, in short: " + of.summary;
    if (!of.refused.empty())
        text += "\n\nOf your last answer these actions were refused: " + to_text(of.refused);
    auto summary = wants_summary(of) ? summing_up::wanted : summing_up::not_now;
    if (summary == summing_up::wanted)
        text +=
            "\n\nThe conversation is getting long: give a summary of all of it, in at most ten sentences.";
    auto messages = json::array();
    for (const auto& line : of.window)
        messages.push_back({{"role", line.role}, {"content", line.content}});
    return {{"prompt", std::move(text)},
            {"messages", std::move(messages)},
            {"say", heard},
            {"schema", answer_schema(of.state.phase, summary)}};
}

std::optional<proposal> read_answer(const json& output) {
    const auto* data = find_pointer(output, "/data");
    if (!data || !data->is_object()) return std::nullopt;
    auto message = data->value("message", json());
    if (!message.is_string() || message.get_ref<const std::string&>().empty() ||
        message.get_ref<const std::string&>().size() > longest_message)
        return std::nullopt;
    proposal made;
    made.message = message;
    made.actions = without_nulls(data->value("actions", json::array()));
    if (!are_well_formed(made.actions) || made.actions.size() > most_actions) return std::nullopt;
    if (auto summary = data->value("summary", json()); summary.is_string()) made.summary = summary;
    return made;
}

} // namespace rejoinder::statemachine::coach
