#pragma once

#include "persistence/environment.hpp"
#include "tests/e2e/journal.hpp"
#include "websocket/client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rejoinder::tests {

/// Where a client stands in its work: the moments at which fate may strike.
enum class moment { hello_unsent, hello_sent, welcomed, turn_unsent, turn_sent, answered, event_seen };
inline constexpr int moments = 7;

/// What happens to the clients of a test from outside.
class fate {
public:
    virtual ~fate() = default;

    /// A client is at this moment. How much longer its connection lives; nothing: it is left alone.
    virtual std::optional<milliseconds> strike(moment at) = 0;

    /// Where the server is to be found now, and how often it was started before.
    virtual std::string url() const = 0;
    virtual std::size_t life() const = 0;
};

/// A client that keeps talking to a parrot over connections that break, and writes down all that it does and
/// sees. Knows the protocol on its own account, so that it does not share a mistake with the program's
/// client.
class talker {
public:
    talker(environment& env, fate& doom, std::string name);

    /// Submits turns while `wants_more` says so, up to two ahead of the answers, and returns when all are
    /// settled, or at the first complaint; 90 s are more than enough for it.
    task<> talk(std::function<bool()> wants_more);

    const journal& notes() const noexcept { return notes_; }
    const std::string& name() const noexcept { return name_; }

private:
    task<bool> come_back();
    task<> work(std::function<bool()> wants_more);
    task<std::optional<json>> next_frame();
    task<> hang_up();
    void say_hello();
    void send(const journal::turn& turn);
    void note(const json& frame);
    void note_answer(const json& frame);
    void note_welcome(const json& frame);
    void meet(moment at);
    bool is_cut_off() const;
    bool may_speak() const;
    void complain(std::string what);

    environment& env_;
    fate& fate_;
    std::string name_;
    journal notes_;
    std::string resume_;
    std::string epoch_;
    std::unique_ptr<websocket::client> connection_;
    std::optional<steady_time> cut_at_;
    int failed_connects_ = 0;
};

} // namespace rejoinder::tests
