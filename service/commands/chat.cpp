#include "persistence/ids.hpp"
#include "persistence/system_environment.hpp"
#include "persistence/task_group.hpp"
#include "service/chat_memory.hpp"
#include "service/commands/commands.hpp"
#include "service/session_client.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <unistd.h>
#include <utility>

namespace rejoinder::service::commands {
namespace {

constexpr std::size_t longest_line = 16 * 1024;

/// Lines that the user types, as messages: the terminal is one more thing that may speak at any time.
class keyboard {
    using descriptor = boost::asio::posix::basic_stream_descriptor<executor>;

public:
    explicit keyboard(environment& env)
        : input_(env.get_executor(), ::dup(STDIN_FILENO)), lines_(env.get_executor(), 1024) {
        read();
    }

    /// The next line; nothing at the end of the input.
    task<std::optional<std::string>> line() { return lines_.receive(); }

    void close() {
        error_code ignored;
        input_.close(ignored);
        lines_.close();
    }

private:
    void read() {
        input_.async_read_some(boost::asio::buffer(chunk_), [this](error_code error, std::size_t size) {
            if (error == boost::asio::error::operation_aborted) return;
            take(std::string_view(chunk_.data(), size));
            if (!error) return read();
            if (!begun_.empty()) (void)lines_.push(std::exchange(begun_, {}));
            lines_.close();
        });
    }

    void take(std::string_view text) {
        for (char c : text) {
            if (c == '\n')
                (void)lines_.push(std::exchange(begun_, {}));
            else if (begun_.size() < longest_line)
                begun_ += c;
        }
    }

    descriptor input_;
    std::array<char, 4096> chunk_{};
    std::string begun_;
    mailbox<std::string> lines_;
};

/// One conversation in the terminal: types turns, shows what comes, connects again whenever the socket is
/// gone.
class conversation {
public:
    conversation(environment& env, const chat_options& options)
        : env_(env),
          options_(options),
          memory_(options.server, options.machine),
          keyboard_(env),
          pause_(env),
          rested_(env.get_executor()) {}

    task<> run() {
        client_memory known;
        bool remembered = memory_.load(known);
        if (known.device.empty()) known.device = "chat-" + make_ulid(env_);
        if (options_.session && *options_.session != known.session) {
            known.session = *options_.session;
            known.resume.clear();
            known.epoch.clear();
            known.seen = 0;
        }
        client_ = std::make_unique<session_client>(env_, options_.server, known);
        interactive_ = ::isatty(STDIN_FILENO) != 0;
        if (!co_await reconnect()) {
            keyboard_.close();
            co_return;
        }
        if (interactive_) {
            say(remembered ? "Welcome back. Type a line; /help tells the rest."
                           : "Type a line and press Enter; /help tells the rest.");
        }
        prompt();
        while (auto line = co_await keyboard_.line()) {
            if (*line == "/quit") break;
            co_await obey(std::move(*line));
            if (failed_) break;
            prompt();
        }
        keyboard_.close();
        co_await client_->close();
    }

    int status() const noexcept { return failed_ ? 1 : 0; }

private:
    task<> obey(std::string line) {
        if (line.empty()) co_return;
        if (line == "/help") {
            say("/cut cuts the connection (watch it come back), /state shows where the session is, /new "
                "forgets it, "
                "/quit leaves; the conversation stays and goes on next time.");
        } else if (line == "/cut") {
            co_await client_->cut();
            co_await reconnect();
        } else if (line == "/state") {
            say(to_text({{"session", client_->memory().session},
                         {"events seen", client_->memory().seen},
                         {"state", state_}}));
        } else if (line == "/new") {
            co_await client_->close();
            auto fresh = client_memory{client_->memory().device, "", "", "", 0, 0};
            client_ = std::make_unique<session_client>(env_, options_.server, fresh);
            co_await reconnect();
        } else {
            co_await converse(std::move(line));
        }
    }

    /// Submits one turn and shows everything until it has ended; the same id again on every new connection.
    task<> converse(std::string text) {
        auto id = make_ulid(env_);
        json input = {{"text", std::move(text)}};
        auto number = client_->memory().last_number + 1;
        client_->submit(id, input, number);
        while (!failed_) {
            auto frame = co_await client_->receive(milliseconds(30000));
            if (!frame) {
                if (!co_await reconnect()) co_return;
                client_->submit(id, input, number);
                continue;
            }
            show(*frame);
            auto type = frame->value("type", "");
            if (type == "rejected" && frame->value("turn", "") == id) {
                if (!frame->value("retry", false)) co_return;
                co_await rest(milliseconds(frame->value("after", 1000)));
                client_->submit(id, input);
                number = client_->memory().last_number;
            }
            if (type == "accepted" && frame->value("turn", "") == id &&
                frame->value("last", std::uint64_t{0}) <= client_->memory().seen)
                co_return;
            if (type == "event" && frame->value("turn", "") == id &&
                frame->value("kind", "").starts_with("turn.")) {
                memory_.save(client_->memory());
                co_return;
            }
        }
    }

    /// Connects until it succeeds, with full jitter between 0.5 and 30 s; gives up when the server says that
    /// it is no use.
    task<bool> reconnect() {
        milliseconds most(500);
        for (int attempt = 0;; ++attempt) {
            auto welcome = co_await client_->attach(options_.machine);
            if (welcome) co_return take(*welcome);
            auto code = client_->close_code();
            if (code >= 4500) {
                complain("the server closed the connection for good (code " + std::to_string(code) + ")");
                failed_ = true;
                co_return false;
            }
            if (attempt == 0)
                complain("no answer from " + options_.server + " (" + welcome.error().message() +
                         "); is `rejoinder serve` running there? Trying again; Ctrl-C ends.");
            if (!interactive_ && attempt >= 20) {
                failed_ = true;
                co_return false;
            }
            co_await rest(milliseconds(env_.random_number() % static_cast<std::uint64_t>(most.count())));
            most = std::min(most * 2, milliseconds(30000));
        }
    }

    bool take(const json& welcome) {
        auto outcome = welcome.value("outcome", "");
        if (outcome == "refused") {
            complain("the session was refused: " + welcome.value("reason", "") +
                     (welcome.value("reason", "") == "unknown_machine" ? "; name another with --machine"
                                                                       : "; begin anew with /new"));
            failed_ = true;
            return false;
        }
        if (interactive_)
            say("(" + outcome + (welcome.contains("reason") ? ", " + welcome.value("reason", "") : "") + ")");
        if (!memory_.save(client_->memory()))
            complain("what is needed to come back can't be kept in " + memory_.file());
        return true;
    }

    void show(const json& frame) {
        auto type = frame.value("type", "");
        if (type == "snapshot") state_ = frame["state"].value("value", "");
        if (type == "rejected" || type == "error") complain(frame.value("message", ""));
        if (type != "event") return;
        const auto& data = frame["data"];
        auto kind = frame.value("kind", "");
        if (kind == "say" || kind == "ask") {
            say(data.value("text", ""));
        } else if (kind == "state") {
            state_ = data.value("value", "");
        } else if (kind == "turn.failed") {
            complain("the turn failed: " + data.value("message", ""));
        } else if (kind == "session.ended") {
            say("(the conversation has ended; /new begins another)");
        }
    }

    void say(const std::string& text) {
        std::printf("%s\n", text.c_str());
        std::fflush(stdout);
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
    keyboard keyboard_;
    timer pause_;
    signal rested_;
    std::unique_ptr<session_client> client_;
    std::string state_;
    bool interactive_ = false;
    bool failed_ = false;
};

} // namespace

int chat(const chat_options& options) {
    boost::asio::io_context context(1);
    auto env = make_system_environment(context);
    conversation talk(*env, options);
    std::exception_ptr failure;
    task_group tasks(env->get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    tasks.spawn(talk.run());
    context.run();
    if (failure) std::rethrow_exception(failure);
    return talk.status();
}

} // namespace rejoinder::service::commands
