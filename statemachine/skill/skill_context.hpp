#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "statemachine/skill/skill.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::statemachine {

class skill_frame;

/// Thrown where the skill waits when the user has cancelled it. A skill that lets it pass ends with the error
/// `cancelled`; one that catches it may say something, or go on.
class skill_cancelled : public std::exception {
public:
    const char* what() const noexcept override { return "the user has cancelled the skill"; }
};

/// Thrown by a skill to end with an error of its own: `code` is for the machine (/event/error/code), the
/// message too.
class skill_error : public std::runtime_error {
public:
    skill_error(std::string code, const std::string& message)
        : std::runtime_error(message), code_(std::move(code)) {}
    const std::string& code() const noexcept { return code_; }

private:
    std::string code_;
};

struct skill_question {
    std::string text;
    std::vector<std::string> expect{}; ///< hints for the client: phrases that would be understood
    milliseconds patience{0};          ///< then it is answered by silence; 0: it waits for ever
    json data = json::object();        ///< joins the event that shows it
};

/// What the user answered.
struct skill_answer {
    enum class way { text, intent, silence } came = way::text;
    std::string text;   ///< as it was said; of an intent, where whoever recognised it tells
    std::string intent; ///< the wish that a client sent; empty unless `intent`
    json entities = json::object();

    bool is_silence() const noexcept { return came == way::silence; }
    /// Whether one of the phrases occurs in the text, by whole words without regard to case and punctuation.
    bool has(std::initializer_list<std::string_view> phrases) const;
    /// What was said behind the first phrase that occurs, without punctuation around it; nothing when none
    /// does.
    std::optional<std::string> behind(std::initializer_list<std::string_view> phrases) const;
};

enum class yes_or_no { yes, no, unclear, silence };

/// How work outside ended.
struct skill_result {
    enum class end { done, failed } how = end::failed;
    json data;           ///< of `done`
    std::string code;    ///< of `failed`
    std::string message; ///< of `failed`, may be empty

    explicit operator bool() const noexcept { return how == end::done; }
};

/// An event that a skill waited for; `type` is empty when it waited in vain.
struct skill_event {
    std::string type;
    json data = json::object();
};

/// What a skill waits for: `co_await` it at once, it refers to the skill's frame.
template <class Result>
class [[nodiscard]] skill_wait {
public:
    bool await_ready() const noexcept { return ready_; }
    void await_suspend(std::coroutine_handle<> who);
    Result await_resume();

private:
    friend class skill_context;
    skill_wait(skill_frame& frame, bool ready) : frame_(frame), ready_(ready) {}

    skill_frame& frame_;
    bool ready_;
};

/// All that a skill touches. Everything it learns here is kept in its journal, and everything it does here is
/// done once: after a restart the skill is run again, gets the same answers, and repeats nothing. So a skill
/// takes time, randomness and knowledge of the world from here only, and does the same when it is told the
/// same; between two waits it does at most 1000 steps.
///
/// Names, kinds and keys are identifiers in the sense of is_client_id. What a skill hands over must be JSON
/// that can be stored. A mistake of the code throws std::logic_error, which ends the skill with
/// `skill.failed`.
///
/// Lives as long as the skill. Destructors must not use it: what they do while the skill is unwound is
/// without effect.
class skill_context {
public:
    skill_context(skill_frame& frame, json input, std::int64_t version)
        : frame_(frame), input_(input.is_null() ? json::object() : std::move(input)), version_(version) {}
    skill_context(const skill_context&) = delete;
    skill_context& operator=(const skill_context&) = delete;

    /// An empty object when it was given none.
    const json& input() const noexcept { return input_; }
    /// That this run began with.
    std::int64_t version() const noexcept { return version_; }

    // At once.
    void say(std::string text);
    /// One of several texts (not none), drawn.
    void say_one_of(std::vector<std::string> texts);
    void notice(std::string kind, json data = nullptr);
    /// An event of the skill's own kind for the client.
    void emit(std::string kind, json data = nullptr);
    /// An event for the machine that has invoked the skill.
    void raise(std::string type, json data = json::object());
    void remember(const std::string& key, json value);
    void forget(const std::string& key);
    utc_time now();
    /// An index below `count` (not 0).
    std::size_t draw(std::size_t count);
    /// What stands at a path that the skill `reads`; null when there is nothing. It sees what the skill has
    /// remembered.
    json read(const std::string& path);

    // What takes its time.
    skill_wait<skill_answer> ask(const skill_question& question);
    skill_wait<skill_answer> ask(std::string text) { return ask(skill_question{std::move(text)}); }
    skill_wait<yes_or_no> ask_yes_no(skill_question question);
    skill_wait<yes_or_no> ask_yes_no(std::string text) { return ask_yes_no(skill_question{std::move(text)}); }
    /// The machine's `sendTo`, or what a client sends and the machine has no transition for. `patience` 0:
    /// for ever.
    skill_wait<skill_event> next_event(std::vector<std::string> types,
                                       milliseconds patience = milliseconds(0));
    /// Work of the device, with arguments that are an object; 15 minutes at most.
    skill_wait<skill_result> tool(std::string name, json args = json::object(),
                                  milliseconds timeout = milliseconds(60000));
    /// Work outside: of the `responder`, with the input that machines give it. After a crash it is asked
    /// again under the same key; what came is kept once. Fails with `lost` when what came could not be taken.
    skill_wait<skill_result> call(std::string source, json input = nullptr);
    /// Until the wall clock has moved on by that; also while no server runs.
    skill_wait<skill_event> pause(milliseconds time);

    /// Another skill, with a version of its own. It reads what this one `reads`, and is cancelled and
    /// diverges as this one does. A plain coroutine can be awaited directly.
    skill_task run(skill which, json input = nullptr);

    /// Ends here and begins anew with that input and an empty journal, in the same step.
    [[noreturn]] void continue_as_new(json input);

    /// Bytes and steps that the journal still takes, the smaller part of the two in percent.
    int journal_room() const noexcept;

private:
    bool wait_for_answer(const skill_question& question);

    skill_frame& frame_;
    json input_;
    std::int64_t version_;
};

} // namespace rejoinder::statemachine
