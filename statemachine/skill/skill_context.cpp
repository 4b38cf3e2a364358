#include "statemachine/skill/skill_context.hpp"

#include "statemachine/execution.hpp"
#include "statemachine/letters.hpp"
#include "statemachine/reference.hpp"
#include "statemachine/skill/skill_frame.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view intent_prefix = "intent.";

const std::vector<std::string>& words_for_yes() {
    static const std::vector<std::string> words{"yes",       "yeah",       "yep",    "sure",      "ok",
                                                "okay",      "yup",        "please", "of course", "go ahead",
                                                "certainly", "absolutely", "i do",   "why not",   "gladly"};
    return words;
}

const std::vector<std::string>& words_for_no() {
    static const std::vector<std::string> words{"no",     "nope",           "nah",        "not now",
                                                "never",  "no thanks",      "rather not", "dont",
                                                "do not", "i dont think so"};
    return words;
}

bool occurs_in(std::string_view text, const std::vector<std::string>& phrases) {
    auto words = plain_words(text);
    return std::ranges::any_of(
        phrases, [&](const std::string& one) { return words.find(plain_words(one)) != std::string::npos; });
}

json describe(const skill_question& question) {
    auto shown = question.data.is_object() ? question.data : json::object();
    shown["text"] = question.text;
    if (!question.expect.empty()) shown["expect"] = question.expect;
    return shown;
}

std::string type_of(const json& result) {
    return result.is_object() ? result.value("type", std::string()) : std::string();
}

skill_answer read_answer(const json& result) {
    skill_answer made;
    auto type = type_of(result);
    if (type == "turn.text") {
        made.text = result.value("text", std::string());
    } else if (type.starts_with(intent_prefix)) {
        made.came = skill_answer::way::intent;
        made.intent = type.substr(intent_prefix.size());
        made.entities = result.value("entities", json::object());
    } else {
        made.came = skill_answer::way::silence;
    }
    return made;
}

yes_or_no read_yes_or_no(const skill_answer& answer) {
    if (answer.is_silence()) return yes_or_no::silence;
    if (answer.intent == "yes") return yes_or_no::yes;
    if (answer.intent == "no") return yes_or_no::no;
    // "No, please don't" has a word of both, and means no.
    if (occurs_in(answer.text, words_for_no())) return yes_or_no::no;
    return occurs_in(answer.text, words_for_yes()) ? yes_or_no::yes : yes_or_no::unclear;
}

} // namespace

bool skill_answer::has(std::initializer_list<std::string_view> phrases) const {
    return occurs_in(text, std::vector<std::string>(phrases.begin(), phrases.end()));
}

std::optional<std::string> skill_answer::behind(std::initializer_list<std::string_view> phrases) const {
    for (auto phrase : phrases) {
        auto rest = behind_phrase(text, phrase);
        if (!rest) continue;
        static constexpr std::string_view around = " \t\r\n.,;:!?";
        auto first = rest->find_first_not_of(around);
        if (first == std::string_view::npos) return std::string();
        return std::string(rest->substr(first, rest->find_last_not_of(around) - first + 1));
    }
    return std::nullopt;
}

// --- what is there at once ---------------------------------------------------------------------------------

void skill_context::say(std::string text) {
    if (!frame_.note("say", text)) return;
    frame_.step().charge(text.size());
    frame_.step().show("say", {{"text", std::move(text)}});
}

void skill_context::say_one_of(std::vector<std::string> texts) {
    if (!texts.empty()) say(std::move(texts[draw(texts.size())]));
}

void skill_context::notice(std::string kind, json data) {
    if (!frame_.note("notice", kind + ' ' + to_text(data))) return;
    frame_.step().show("notice", {{"kind", std::move(kind)}, {"data", frame_.step().charged(data)}});
}

void skill_context::emit(std::string kind, json data) {
    if (frame_.note("emit", kind + ' ' + to_text(data)))
        frame_.step().show(std::move(kind), frame_.step().charged(data));
}

void skill_context::raise(std::string type, json data) {
    if (frame_.note("raise", type + ' ' + to_text(data)))
        frame_.step().raise({std::move(type), frame_.step().charged(data)});
}

void skill_context::remember(std::string key, json value) {
    if (frame_.note("remember", key + ' ' + to_text(value)))
        frame_.step().remember(key, frame_.step().charged(value));
}

void skill_context::forget(std::string key) {
    if (frame_.note("forget", key)) frame_.step().forget(key);
}

utc_time skill_context::now() {
    auto now = frame_.record("now", {}, [this] { return json(to_unix(frame_.step().now())); });
    return from_unix(now.is_number_integer() ? now.get<std::int64_t>() : 0);
}

std::size_t skill_context::draw(std::size_t count) {
    auto drawn =
        frame_.record("draw", std::to_string(count), [&] { return json(frame_.step().draw(count)); });
    return drawn.is_number_unsigned() ? drawn.get<std::size_t>() : 0;
}

json skill_context::read(const std::string& path) {
    return frame_.record("read", path, [&]() -> json {
        auto where = parse_reference(path);
        const auto& declared = frame_.code().reads;
        bool known = std::ranges::any_of(declared, [&](const std::string& one) {
            return path == one || (path.starts_with(one) && path[one.size()] == '/');
        });
        if (!where || !known)
            throw std::logic_error("it reads '" + path + "', which its `reads` does not name");
        return frame_.step().charged(frame_.step().read(*where));
    });
}

int skill_context::journal_room() const noexcept {
    const auto* steps = frame_.steps();
    if (!steps) return 0;
    auto of_steps = 100 - 100 * steps->steps().size() / journal::max_steps;
    auto of_bytes = 100 - 100 * steps->bytes() / journal::max_bytes;
    return static_cast<int>(std::min(of_steps, of_bytes));
}

void skill_context::continue_as_new(json input) {
    frame_.leave_for(std::move(input));
}

// --- what takes its time -----------------------------------------------------------------------------------

skill_wait<skill_answer> skill_context::ask(skill_question question) {
    return {frame_, frame_.wait("ask", question.text,
                                {awaited::kind::answer, {}, question.patience, describe(question)})};
}

skill_wait<yes_or_no> skill_context::ask_yes_no(skill_question question) {
    if (question.expect.empty()) question.expect = {"yes", "no"};
    return {frame_, frame_.wait("ask", question.text,
                                {awaited::kind::answer, {}, question.patience, describe(question)})};
}

skill_wait<skill_event> skill_context::next_event(std::vector<std::string> types, milliseconds patience) {
    std::string names;
    for (const auto& type : types)
        names += (names.empty() ? "" : " ") + type;
    return {frame_, frame_.wait("event", names, {awaited::kind::event, std::move(types), patience, nullptr})};
}

skill_wait<skill_result> skill_context::tool(std::string name, json args, milliseconds timeout) {
    auto details = name + ' ' + to_text(args);
    return {frame_,
            frame_.wait("tool", details, {awaited::kind::tool, {std::move(name)}, timeout, std::move(args)})};
}

skill_wait<skill_result> skill_context::call(std::string source, json input) {
    auto details = source + ' ' + to_text(input);
    return {frame_,
            frame_.wait("call", details,
                        {awaited::kind::call, {std::move(source)}, milliseconds(0), std::move(input)})};
}

skill_wait<skill_event> skill_context::pause(milliseconds time) {
    auto length = std::clamp(time, milliseconds(1), longest_timer);
    return {frame_,
            frame_.wait("pause", std::to_string(length.count()), {awaited::kind::time, {}, length, nullptr})};
}

skill_task skill_context::run(skill which, json input) {
    auto version = frame_.record("run", which.name, [&] { return json(which.version); });
    skill_context inner(frame_, std::move(input),
                        version.is_number_integer() ? version.get<std::int64_t>() : 1);
    auto task = which.run(inner);
    co_return co_await std::move(task);
}

// --- results -----------------------------------------------------------------------------------------------

template <class Result>
void skill_wait<Result>::await_suspend(std::coroutine_handle<> who) {
    frame_.suspended(who);
}

template <>
skill_answer skill_wait<skill_answer>::await_resume() {
    auto result = frame_.take_result();
    if (type_of(result) == "cancelled") throw skill_cancelled();
    return read_answer(result);
}

template <>
yes_or_no skill_wait<yes_or_no>::await_resume() {
    auto result = frame_.take_result();
    if (type_of(result) == "cancelled") throw skill_cancelled();
    return read_yes_or_no(read_answer(result));
}

template <>
skill_event skill_wait<skill_event>::await_resume() {
    auto result = frame_.take_result();
    skill_event made;
    made.type = type_of(result);
    if (made.type == "time") made.type.clear();
    made.data = result.is_object() ? std::move(result) : json::object();
    made.data.erase("type");
    return made;
}

template <>
skill_result skill_wait<skill_result>::await_resume() {
    auto result = frame_.take_result();
    skill_result made;
    if (!result.is_object()) return made;
    made.how = result.value("ok", false) ? skill_result::end::done : skill_result::end::failed;
    made.data = result.value("data", json());
    made.code = result.value("code", std::string());
    made.message = result.value("message", std::string());
    return made;
}

template class skill_wait<skill_answer>;
template class skill_wait<yes_or_no>;
template class skill_wait<skill_event>;
template class skill_wait<skill_result>;

} // namespace rejoinder::statemachine
