#include "persistence/ids.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/chat_memory.hpp"
#include "service/client/final_close.hpp"
#include "service/client/session_client.hpp"
#include "service/commands/commands.hpp"
#include "service/keyboard.hpp"
#include "service/refusal.hpp"
#include "websocket/protocol/frames.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace rejoinder::service::commands {
namespace {

/// Why the welcome refuses; nothing when it does not, or for a reason that this program does not know.
std::optional<refusal> refused_for(const json& welcome) {
    if (welcome.value("outcome", "") != "refused") return std::nullopt;
    return parse_refusal(welcome.value("reason", ""));
}

/// One conversation in the terminal. Two tasks: one listens to the server all the time and connects again
/// whenever the socket is gone, the other follows the keyboard and waits for the answer to each line.
class conversation {
public:
    conversation(environment& env, const chat_options& options)
        : env_(env),
          options_(options),
          memory_(options.server, options.machine),
          interactive_(::isatty(STDIN_FILENO) != 0),
          keyboard_(env, STDIN_FILENO),
          pause_(env),
          slot_(env),
          rested_(env.get_executor()),
          answered_(env.get_executor()),
          tasks_(env.get_executor(), [this](std::exception_ptr error) { failure_ = error; }) {}

    task<> run() {
        client_memory known;
        bool remembered = memory_.load(known);
        if (known.device.empty()) known.device = "chat-" + make_ulid(env_);
        if (options_.session && *options_.session != known.session)
            known = {known.device, *options_.session, "", "", 0, 0};
        client_ = std::make_unique<session_client>(env_, options_.server, known);
        if (co_await reconnect()) {
            tell(remembered ? "Welcome back. Type a line; /help tells the rest."
                            : "Type a line and press Enter; /help tells the rest.");
            tasks_.spawn(listen());
            co_await follow_keyboard();
        }
        leaving_ = true;
        keyboard_.close();
        rested_.notify();
        co_await client_->close();
        co_await tasks_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

    /// A person has seen what went wrong on the way; a script is told at the end.
    int status() const noexcept { return failed_ || (unsaid_ && !interactive_) ? 1 : 0; }

private:
    struct open_turn {
        std::string id;
        json input;
        std::uint64_t number = 0;
    };

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
                "begins another, "
                "/quit leaves. What was said stays, and goes on next time.");
        } else if (line == "/state") {
            const auto& known = client_->memory();
            say(to_text({{"session", known.session}, {"events", known.seen}, {"state", state_}}));
        } else if (line == "/cut") {
            attached_ = false;
            co_await client_->cut();
            while (!attached_ && !over())
                co_await answered_.wait();
        } else if (line == "/new") {
            forget_ = true;
            attached_ = false;
            co_await client_->cut();
            while (!attached_ && !over())
                co_await answered_.wait();
        } else {
            turn_ =
                open_turn{make_ulid(env_), {{"text", std::move(line)}}, client_->memory().last_number + 1};
            client_->submit(turn_->id, turn_->input, turn_->number);
            while (turn_ && !over())
                co_await answered_.wait();
        }
    }

    /// Shows whatever the server sends, for as long as the conversation lasts.
    task<> listen() {
        while (!over()) {
            auto frame = co_await client_->receive(milliseconds(60'000));
            if (frame) {
                show(*frame);
                co_await conclude(std::move(*frame));
            } else if (!over() && !client_->connected()) {
                if (is_final_close(client_->close_code())) {
                    give_up(client_->close_code());
                    break;
                }
                if (forget_) forget();
                if (co_await reconnect() && turn_) client_->submit(turn_->id, turn_->input, turn_->number);
                answered_.notify();
            }
        }
        answered_.notify();
    }

    /// Ends the wait for the open turn when this frame is the last of its answer. An error that is for good
    /// can only be about the turn: nothing else that this program sends could be wrong.
    task<> conclude(json frame) {
        auto type = frame.value("type", "");
        bool wrong = type == "error" && !frame.value("retry", false);
        if (!turn_ || (frame.value("turn", "") != turn_->id && !wrong)) co_return;
        bool over = wrong || (type == "event" && frame.value("kind", "").starts_with("turn."));
        if (type == "accepted" && frame.contains("last"))
            over = frame.value("last", std::uint64_t{0}) <= client_->memory().seen;
        if (type == "rejected" && frame.value("retry", false)) {
            co_await rest(milliseconds(frame.value("after", 1000)));
            turn_->number = client_->memory().last_number + 1;
            client_->submit(turn_->id, turn_->input, turn_->number);
        } else if (type == "rejected") {
            over = true;
        }
        if (!over) co_return;
        if (type != "event" && type != "accepted") unsaid_ = true;
        if (!leaving_) memory_.save(client_->memory());
        turn_.reset();
        answered_.notify();
    }

    /// Connects until it succeeds, with full jitter between 0.5 and 30 s; gives up where the server says that
    /// it is no use, and in a script after twenty attempts.
    task<bool> reconnect() {
        milliseconds most(500);
        for (int attempt = 0; !leaving_; ++attempt) {
            auto welcome = co_await client_->attach(options_.machine);
            if (welcome && refused_for(*welcome) == refusal::machine) {
                tell("(the machine has changed since; a new conversation begins)");
                forget();
                continue;
            }
            if (welcome) co_return take(*welcome);
            if (is_final_close(client_->close_code())) {
                give_up(client_->close_code());
                co_return false;
            }
            if (attempt == 0) {
                complain("no answer from " + options_.server + " (" + welcome.error().message() +
                         "); is `rejoinder serve` running there? Trying again.");
            }
            if (!interactive_ && attempt >= 20) break;
            co_await rest(milliseconds(env_.random_number() % static_cast<std::uint64_t>(most.count())));
            most = std::min(most * 2, milliseconds(30'000));
        }
        if (!leaving_) fail();
        co_return false;
    }

    bool take(const json& welcome) {
        auto outcome = welcome.value("outcome", "");
        auto reason = welcome.value("reason", "");
        if (outcome == "refused") {
            complain("the session was refused: " + reason +
                     (refused_for(welcome) == refusal::unknown_machine
                          ? "; name another machine with --machine"
                          : "; --session names another"));
            fail();
            return false;
        }
        attached_ = true;
        tell("(" + outcome + (reason.empty() ? "" : ", " + reason) + ")");
        if (!memory_.save(client_->memory()))
            complain("what is needed to come back can't be kept in " + memory_.file());
        return true;
    }

    void forget() {
        forget_ = false;
        client_memory fresh{client_->memory().device, "", "", "", 0, 0};
        client_ = std::make_unique<session_client>(env_, options_.server, fresh);
    }

    void show(const json& frame) {
        auto type = frame.value("type", "");
        if (type == "snapshot") state_ = frame["state"].value("value", "");
        if (type == "rejected" || type == "error") complain(frame.value("message", ""));
        if (type == "drain") {
            tell("(the server is about to end; coming back when it does)");
            slot_.arm_after(milliseconds(frame.value("after", 0)), [this] { tasks_.spawn(client_->cut()); });
        }
        if (type != "event") return;
        const auto& data = frame["data"];
        auto kind = frame.value("kind", "");
        if (kind == "say" || kind == "ask") say(data.value("text", ""));
        if (kind == "state") state_ = data.value("value", "");
        if (kind == "turn.failed") complain("the turn failed: " + data.value("message", ""));
        if (kind == "session.ended") leave_for_good();
    }

    /// The conversation is over: the next start of the program begins another.
    void leave_for_good() {
        tell("(the conversation has ended)");
        memory_.save({client_->memory().device, "", "", "", 0, 0});
        leaving_ = true;
        keyboard_.close();
        answered_.notify();
    }

    /// The server wants this client not to come back.
    void give_up(std::uint16_t code) {
        if (static_cast<websocket::close_code>(code) == websocket::close_code::session_ended)
            return leave_for_good();
        complain(explain_final_close(code));
        fail();
    }

    void fail() {
        failed_ = true;
        keyboard_.close();
        answered_.notify();
    }

    /// The conversation goes on without a line.
    void leave_unsaid(const std::string& why) {
        complain(why);
        unsaid_ = true;
    }

    bool over() const noexcept { return failed_ || leaving_; }

    void say(const std::string& text) {
        std::printf("%s\n", text.c_str());
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

    task<> rest(milliseconds duration) {
        pause_.arm_after(duration, [this] { rested_.notify(); });
        co_await rested_.wait();
    }

    environment& env_;
    chat_options options_;
    chat_memory memory_;
    bool interactive_;
    keyboard keyboard_;
    timer pause_;
    timer slot_; ///< when a server that drains wants this socket to be gone
    signal rested_;
    signal answered_; ///< something that the keyboard's task may wait for has happened
    std::unique_ptr<session_client> client_;
    std::optional<open_turn> turn_; ///< submitted and not answered to its end
    std::string state_;
    bool attached_ = false;
    bool forget_ = false;
    bool leaving_ = false;
    bool failed_ = false;
    bool unsaid_ = false; ///< a line was given up, and the conversation went on
    std::exception_ptr failure_;
    task_group tasks_;
};

/// A server that is named without a path is asked for its sessions.
std::string with_path(std::string server) {
    constexpr std::string_view scheme = "ws://";
    if (!server.starts_with(scheme)) return server;
    auto slash = server.find('/', scheme.size());
    if (slash == server.npos || slash + 1 == server.size())
        server.replace(std::min(slash, server.size()), server.npos, websocket::protocol::path);
    return server;
}

} // namespace

int chat(const chat_options& options) {
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    auto where = options;
    where.server = with_path(std::move(where.server));
    conversation talk(*env, where);
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(talk.run());
    context.run();
    if (failure) std::rethrow_exception(failure);
    return talk.status();
}

} // namespace rejoinder::service::commands
