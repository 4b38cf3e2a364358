#include "persistence/ids.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/chat_memory.hpp"
#include "service/client/final_close.hpp"
#include "service/client/returning_client.hpp"
#include "service/client/welcome_text.hpp"
#include "service/commands/client_place.hpp"
#include "service/commands/commands.hpp"
#include "service/keyboard.hpp"
#include "service/refusal.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace rejoinder::service::commands {
namespace {

/// In a script, so many attempts in a row are enough.
constexpr int most_attempts = 20;

/// One conversation in the terminal. Two tasks: one stays with the server, as `returning_client` does, the
/// other follows the keyboard and waits for the answer to each line.
class conversation final : public client_listener {
public:
    conversation(environment& env, const chat_options& options, secret token)
        : env_(env),
          options_(options),
          token_(std::move(token)),
          memory_(options.server, options.machine),
          interactive_(::isatty(STDIN_FILENO) != 0),
          keyboard_(env, STDIN_FILENO),
          tasks_(env.get_executor(), [this](std::exception_ptr error) {
              failure_ = error;
              failed_ = true;
              keyboard_.close();
              stirred_.notify();
          }) {}

    task<> run() {
        client_memory known;
        bool remembered = memory_.load(known);
        // Another device has no part in what this one was told.
        if (options_.device && known.device != *options_.device) known = {*options_.device, "", "", "", 0, 0};
        if (known.device.empty()) known.device = "chat-" + make_ulid(env_);
        if (options_.session && *options_.session != known.session)
            known = {known.device, *options_.session, "", "", 0, 0};
        tasks_.spawn(stay(known));
        co_await until_attached();
        if (!over()) {
            tell(remembered ? "Welcome back. Type a line; /help tells the rest."
                            : "Type a line and press Enter; /help tells the rest.");
            co_await follow_keyboard();
        }
        leaving_ = true;
        keyboard_.close();
        if (client_) client_->leave();
        co_await tasks_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

    /// A person has seen what went wrong on the way; a script is told at the end.
    int status() const noexcept { return failed_ || (unsaid_ && !interactive_) ? 1 : 0; }

    // client_listener
    void on_welcome(const json& welcome) override {
        attached_ = true;
        attempts_ = 0;
        tell(describe_welcome(welcome));
        if (!memory_.save(client_->memory()))
            complain("what is needed to come back can't be kept in " + memory_.file());
        stirred_.notify();
    }

    void on_snapshot(const json& snapshot) override {
        state_ = snapshot["state"].value("value", "");
        tools_.clear();
        for (const auto& tool : snapshot["open"]["tools"])
            open_tool(tool, tool.value("turn", ""));
    }

    void on_event(const json& event) override {
        const auto& data = event["data"];
        auto kind = event.value("kind", "");
        if (kind == "say" || kind == "ask") say(data.value("text", ""));
        if (kind == "state") state_ = data.value("value", "");
        if (kind == "tool") open_tool(data, event.value("turn", ""));
        if (kind == "turn.failed") complain("the turn failed: " + data.value("message", ""));
        if (kind == "turn.failed" || kind == "turn.done")
            std::erase_if(tools_, [&](const auto& tool) { return tool.turn == event.value("turn", ""); });
        if (kind == "session.ended") leave_for_good();
    }

    void on_other(const json& frame) override {
        if (frame.value("type", "") == "drain")
            tell("(the server is about to end; coming back when it does)");
        if (frame.value("type", "") == "error" && frame.value("retry", false))
            complain(frame.value("message", ""));
        if (frame.value("type", "") == "part") preview(frame);
    }

    void on_settled(const std::string&, const json& answer) override {
        auto type = answer.value("type", "");
        if (type == "rejected" || type == "error") leave_unsaid(answer.value("message", ""));
        if (!leaving_) memory_.save(client_->memory());
        said_ = true;
        stirred_.notify();
    }

    void on_away(const absence& how) override {
        attached_ = false;
        if (!how.failed) return;
        if (attempts_++ == 0)
            complain("no answer from " + options_.server + " (" + how.failed.message() +
                     "); is `rejoinder serve` running there? Trying again.");
        if (!interactive_ && attempts_ >= most_attempts) fail();
    }

private:
    /// Stays with the server for as long as the conversation lasts, which may have several sessions.
    task<> stay(client_memory known) {
        while (!over()) {
            client_ = std::make_unique<returning_client>(env_, server_place{options_.server, token_}, known,
                                                         options_.machine, *this);
            auto running = client_->run();
            auto end = co_await std::move(running);
            attached_ = false;
            bool changed = end.how == departure::refused && parse_refusal(end.reason) == refusal::machine;
            if (changed) tell("(the machine has changed since; a new conversation begins)");
            if (!changed && !std::exchange(forget_, false)) {
                take_leave(end);
                break;
            }
            known = {client_->memory().device, "", "", "", 0, 0};
            if (!std::exchange(said_, true)) leave_unsaid("the last line was not said; say it again");
            stirred_.notify();
        }
        stirred_.notify();
    }

    /// The client does not come back.
    void take_leave(const client_end& end) {
        if (over()) return;
        if (end.how == departure::refused) {
            complain("the session was refused: " + end.reason +
                     (parse_refusal(end.reason) == refusal::unknown_machine
                          ? "; name another machine with --machine"
                          : "; --session names another"));
        } else if (static_cast<websocket::close_code>(end.code) == websocket::close_code::session_ended) {
            leave_for_good();
            return;
        } else {
            complain(explain_final_close(end.code));
        }
        fail();
    }

    task<> follow_keyboard() {
        prompt();
        while (auto line = co_await keyboard_.line()) {
            if (over() || line->text == "/quit") break;
            if (line->too_long)
                leave_unsaid("a line has more than " + std::to_string(keyboard::longest_line) +
                             " bytes and was not said; say it in parts");
            else
                co_await obey(std::move(line->text));
            if (over()) break;
            prompt();
        }
    }

    task<> obey(std::string line) {
        if (line.empty()) co_return;
        if (line == "/help") {
            say("/cut cuts the connection (watch it come back), /state tells where the session is, /new "
                "begins another, /quit leaves. What was said stays, and goes on next time. Where the machine "
                "asks for something to be done, /done and /fail say how it went, with a JSON object if need "
                "be, and /cancel takes the last line back.");
        } else if (line == "/state") {
            const auto& known = client_->memory();
            say(to_text({{"session", known.session}, {"events", known.seen}, {"state", state_}}));
        } else if (line == "/cut") {
            attached_ = false;
            co_await client_->cut();
            co_await until_attached();
        } else if (line == "/new") {
            forget_ = true;
            attached_ = false;
            client_->leave();
            co_await until_attached();
        } else if (line == "/cancel") {
            if (turn_.empty()) co_return;
            said_ = false;
            client_->cancel(turn_);
            co_await until_said();
        } else if (is_word(line, "/done") || is_word(line, "/fail")) {
            if (!end_tool(line)) co_return;
            co_await until_said();
        } else {
            turn_ = make_ulid(env_);
            said_ = false;
            if (!client_->submit(turn_, {{"text", std::move(line)}})) co_return;
            co_await until_said();
        }
    }

    static bool is_word(std::string_view line, std::string_view word) {
        return line == word || (line.starts_with(word) && line[word.size()] == ' ');
    }

    /// The person is the device, and is asked to do something; the line that led to it waits for that.
    void open_tool(const json& tool, std::string turn) {
        auto call = tool.value("call", "");
        if (std::ranges::find(tools_, call, &tool_report_frame::call) != tools_.end()) return;
        tools_.push_back({call, std::move(turn), true, json::object()});
        say("[" + tool.value("name", "") + " " + to_text(tool.value("args", json::object())) + "]");
        tell("(/done or /fail says how it went, /cancel takes the line back)");
        said_ = true;
        stirred_.notify();
    }

    /// `/done` or `/fail`, with a JSON object behind it or without. False when there is nothing to be said.
    bool end_tool(std::string_view line) {
        if (tools_.empty()) {
            complain("nothing is asked for now");
            return false;
        }
        auto report = tools_.front();
        report.ok = line.starts_with("/done");
        line.remove_prefix(std::string_view("/done").size());
        if (line.find_first_not_of(' ') != std::string_view::npos) {
            auto data = parse_json(line);
            if (!data || !data.value.is_object()) {
                complain("what stands behind the word is no JSON object");
                return false;
            }
            report.data = std::move(data.value);
        }
        said_ = report.turn.empty(); // without a turn nothing tells the end
        if (!client_->report(std::move(report))) return false;
        tools_.pop_front();
        if (!tools_.empty()) said_ = true;
        return true;
    }

    task<> until_said() {
        while (!said_ && !over())
            co_await stirred_.wait();
    }

    task<> until_attached() {
        while (!attached_ && !over())
            co_await stirred_.wait();
    }

    /// The conversation is over: the next start of the program begins another.
    void leave_for_good() {
        if (std::exchange(leaving_, true)) return;
        tell("(the conversation has ended)");
        memory_.save({client_->memory().device, "", "", "", 0, 0});
        keyboard_.close();
        client_->leave();
        stirred_.notify();
    }

    void fail() {
        failed_ = true;
        keyboard_.close();
        client_->leave();
        stirred_.notify();
    }

    /// The conversation goes on without a line.
    void leave_unsaid(const std::string& why) {
        complain(why);
        unsaid_ = true;
    }

    bool over() const noexcept { return failed_ || leaving_; }

    /// What was shown as it came is not said again, unless it has become something else.
    void say(const std::string& text) {
        auto shown = std::exchange(previewed_, {});
        if (!shown.empty()) std::puts("");
        if (shown.empty() || shown != text) std::printf("%s\n", text.c_str());
        std::fflush(stdout);
    }

    /// A person sees an answer grow.
    void preview(const json& part) {
        if (!interactive_) return;
        if (part.value("offset", 0) == 0 && !std::exchange(previewed_, {}).empty()) std::puts(" ...");
        auto more = part["data"].value("text", "");
        previewed_ += more;
        std::fputs(more.c_str(), stdout);
        std::fflush(stdout);
    }

    /// For a person only, not for a script that reads the conversation.
    void tell(const std::string& text) {
        if (interactive_) say(text);
    }

    void prompt() {
        if (!interactive_) return;
        std::fputs("> ", stdout);
        std::fflush(stdout);
    }

    environment& env_;
    chat_options options_;
    std::string previewed_; ///< of the answer that is on its way
    secret token_;
    chat_memory memory_;
    bool interactive_;
    keyboard keyboard_;
    signal stirred_; ///< something that the keyboard's task may wait for has happened
    std::unique_ptr<returning_client> client_;
    std::string state_;
    std::string turn_;                    ///< of the last line
    std::deque<tool_report_frame> tools_; ///< that were asked for and have not ended
    bool attached_ = false;
    bool said_ = true; ///< the last line has its answer
    bool forget_ = false;
    bool leaving_ = false;
    bool failed_ = false;
    bool unsaid_ = false; ///< a line was given up, and the conversation went on
    int attempts_ = 0;    ///< to attach that failed, in a row
    std::exception_ptr failure_;
    task_group tasks_;
};

} // namespace

int chat(const chat_options& options) {
    auto token = load_token(options.token_file);
    if (!token) return 1;
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    auto where = options;
    where.server = with_path(std::move(where.server));
    conversation talk(*env, where, std::move(*token));
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(talk.run());
    context.run();
    if (failure) std::rethrow_exception(failure);
    return talk.status();
}

} // namespace rejoinder::service::commands
