#include "statemachine/skill/skill_context.hpp"

#include "persistence/ids.hpp"
#include "statemachine/execution.hpp"
#include "statemachine/letters.hpp"
#include "statemachine/reference.hpp"
#include "statemachine/registry.hpp"
#include "statemachine/skill/skill_frame.hpp"
#include "statemachine/spoken.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::statemachine {
namespace {

constexpr std::string_view intent_prefix = "intent.";
constexpr milliseconds longest_tool(15 * 60000); // as the action `tool` has it

const std::vector<std::string>& words_for_yes() {
    static const std::vector<std::string> words{"yes",       "yeah",       "yep",    "sure",      "ok",
                                                "okay",      "yup",        "please", "of course", "go ahead",
                                                "certainly", "absolutely", "i do",   "why not",   "gladly"};
    return words;
}

const std::vector<std::string>& words_for_no() {
    static const std::vector<std::string> words{
        "no", "nope", "nah", "not now", "never", "no thanks", "rather not", "please dont", "i dont think so"};
    return words;
}

const std::vector<std::string>& words_for_neither() {
    static const std::vector<std::string> words{"dont know", "do not know", "no idea", "not sure",
                                                "dont mind", "do not mind", "maybe",   "perhaps"};
    return words;
}

std::string_view text_in(const json& text) {
    return text.is_string() ? std::string_view(text.get_ref<const std::string&>()) : std::string_view();
}

void require_name(const std::string& name) {
    if (!is_client_id(name)) throw std::logic_error("'" + name + "' is no name");
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
    if (!result.is_object()) {
        made.came = skill_answer::way::silence;
        return made;
    }
    if (auto text = result.find("text"); text != result.end() && text->is_string()) made.text = *text;
    if (type == "turn.text") return made;
    if (type.starts_with(intent_prefix)) {
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
    if (says_any_of(answer.text, words_for_neither())) return yes_or_no::unclear;
    // "No, please don't" has a word of both, and means no.
    if (says_any_of(answer.text, words_for_no())) return yes_or_no::no;
    return says_any_of(answer.text, words_for_yes()) ? yes_or_no::yes : yes_or_no::unclear;
}

} // namespace

bool skill_answer::has(std::initializer_list<std::string_view> phrases) const {
    return says_any_of(text, std::vector<std::string>(phrases.begin(), phrases.end()));
}

std::optional<std::string> skill_answer::behind(std::initializer_list<std::string_view> phrases) const {
    for (auto phrase : phrases) {
        if (auto rest = behind_phrase(text, phrase)) return std::string(trim(*rest, " \t\r\n.,;:!?"));
    }
    return std::nullopt;
}

// --- what is there at once ---------------------------------------------------------------------------------

void skill_context::say(std::string text) {
    auto said = checked(std::move(text));
    if (!frame_.note("say", text_in(said))) return;
    frame_.step().show("say", {{"text", frame_.step().charged(said)}});
}

void skill_context::say_one_of(std::vector<std::string> texts) {
    say(std::move(texts[draw(texts.size())]));
}

void skill_context::notice(std::string kind, json data) {
    auto shown = checked({{"kind", std::move(kind)}, {"data", std::move(data)}});
    if (frame_.note("notice", to_text(shown))) frame_.step().show("notice", frame_.step().charged(shown));
}

void skill_context::emit(std::string kind, json data) {
    if (!is_client_id(kind) || is_protocols_own(kind))
        throw std::logic_error("events of kind '" + kind + "' are not a skill's to emit");
    auto shown = checked(data.is_object() ? std::move(data) : json::object());
    if (frame_.note("emit", kind + ' ' + to_text(shown)))
        frame_.step().show(std::move(kind), frame_.step().charged(shown));
}

void skill_context::raise(std::string type, json data) {
    auto told = checked(data.is_object() ? std::move(data) : json::object());
    if (frame_.note("raise", type + ' ' + to_text(told)))
        frame_.step().raise({std::move(type), frame_.step().charged(told)});
}

void skill_context::remember(const std::string& key, json value) {
    require_name(key);
    auto kept = checked(std::move(value));
    if (frame_.note("remember", key + ' ' + to_text(kept)))
        frame_.step().remember(key, frame_.step().charged(kept));
}

void skill_context::forget(const std::string& key) {
    require_name(key);
    if (frame_.note("forget", key)) frame_.step().forget(key);
}

utc_time skill_context::now() {
    auto now = frame_.record("now", {}, [this] { return json(to_unix(frame_.step().now())); });
    return from_unix(now.is_number_integer() ? now.get<std::int64_t>() : 0);
}

std::size_t skill_context::draw(std::size_t count) {
    if (count == 0) throw std::logic_error("nothing can be drawn out of nothing");
    auto drawn =
        frame_.record("draw", std::to_string(count), [&] { return json(frame_.step().draw(count)); });
    return drawn.is_number_unsigned() ? drawn.get<std::size_t>() % count : 0;
}

json skill_context::read(const std::string& path) {
    return frame_.record("read", path, [&]() -> json {
        auto where = parse_pointer_reference(path);
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

bool skill_context::wait_for_answer(const skill_question& question) {
    auto shown = checked(describe(question));
    auto patience = std::clamp(question.patience, milliseconds(0), longest_timer);
    std::string text(text_in(shown["text"]));
    return frame_.wait("ask", text, {running_skill::wait::answer, {}, patience, std::move(shown)});
}

skill_wait<skill_answer> skill_context::ask(const skill_question& question) {
    return {frame_, wait_for_answer(question)};
}

skill_wait<yes_or_no> skill_context::ask_yes_no(skill_question question) {
    if (question.expect.empty()) question.expect = {"yes", "no"};
    return {frame_, wait_for_answer(question)};
}

skill_wait<skill_event> skill_context::next_event(std::vector<std::string> types, milliseconds patience) {
    std::string names;
    for (const auto& type : types)
        names += (names.empty() ? "" : " ") + type;
    auto length = std::clamp(patience, milliseconds(0), longest_timer);
    return {frame_,
            frame_.wait("event", names, {running_skill::wait::event, std::move(types), length, nullptr})};
}

skill_wait<skill_result> skill_context::tool(std::string name, json args, milliseconds timeout) {
    require_name(name);
    if (!args.is_object()) throw std::logic_error("the arguments of a tool are an object");
    auto given = checked(std::move(args));
    auto length = std::clamp(timeout, milliseconds(1), longest_tool);
    auto details = name + ' ' + to_text(given);
    return {frame_, frame_.wait("tool", details,
                                {running_skill::wait::tool, {std::move(name)}, length, std::move(given)})};
}

skill_wait<skill_result> skill_context::call(std::string source, json input) {
    if (source != answering_actor) throw std::logic_error("nobody is called '" + source + "'");
    auto given = checked(std::move(input));
    auto details = source + ' ' + to_text(given);
    return {frame_,
            frame_.wait("call", details,
                        {running_skill::wait::call, {std::move(source)}, milliseconds(0), std::move(given)})};
}

skill_wait<skill_event> skill_context::pause(milliseconds time) {
    auto length = std::clamp(time, milliseconds(1), longest_timer);
    return {frame_, frame_.wait("pause", std::to_string(length.count()),
                                {running_skill::wait::time, {}, length, nullptr})};
}

skill_task skill_context::run(skill which, json input) {
    auto version = frame_.record("run", which.name, [&] { return json(which.version); });
    skill_context inner(frame_, std::move(input),
                        version.is_number_integer() ? version.get<std::int64_t>() : which.version);
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
