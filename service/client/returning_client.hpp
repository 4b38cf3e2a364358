#pragma once

#include "persistence/environment.hpp"
#include "persistence/json.hpp"
#include "persistence/mailbox.hpp"
#include "persistence/secret.hpp"
#include "persistence/task_group.hpp"
#include "service/client/session_client.hpp"
#include "service/client/tool_reports.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace rejoinder::service {

/// Why a client is away for a while.
struct absence {
    error_code failed;      ///< why it could not attach; empty: it was attached before
    std::uint16_t code = 0; ///< of the server's close; 0: there was none
    milliseconds pause{0};  ///< before it tries again
};

/// Whom a client tells what comes of its session. Called on the environment's thread, from the client's
/// `run`.
class client_listener {
public:
    virtual ~client_listener() = default;

    /// Attached: a new session, or the one from before; `welcome` is the frame.
    virtual void on_welcome(const json& welcome) { (void)welcome; }

    /// Replaces everything that the client shows: it stands for all events up to its `seq`.
    virtual void on_snapshot(const json& snapshot) { (void)snapshot; }

    /// The next event: each comes once and in order, over any number of connections, but for those that a
    /// snapshot stood for.
    virtual void on_event(const json& event) { (void)event; }

    /// A turn has come to its end, and its events have been given: `answer` is the `accepted` with which it
    /// ended, its `turn.done` or `turn.failed`, or the `rejected` or `error` that is for good.
    virtual void on_settled(const std::string& turn, const json& answer) { (void)turn, (void)answer; }

    /// Any other frame, as `drain` and `error`.
    virtual void on_other(const json& frame) { (void)frame; }

    /// The client is not attached, and tries again after a pause.
    virtual void on_away(const absence& how) { (void)how; }
};

/// Why a client has stopped for good.
enum class departure {
    left,    ///< it was told to
    refused, ///< there is no session for it: `reason` says why
    closed   ///< the server wants it not to come back: `code` says why
};

struct client_end {
    departure how = departure::left;
    std::string reason;     ///< of a refusal
    std::uint16_t code = 0; ///< of a close
};

/// Which server a client talks to, and how.
struct server_place {
    std::string url;
    secret token{}; ///< the client's credentials; empty for a server that asks for none
    dialer dial{};  ///< empty: by TCP
};

/// A client of `rejoinder.v1` as a device should be one: it connects again whenever the connection is gone,
/// as late as the server or chance (full jitter, 0.5 to 30 s) wants it, resumes where it was, submits each
/// turn under one id until it is answered, and gives every event once. With one turn under way at a time
/// none overtakes another; with more, one that the server wants again later may come behind those after it.
///
/// Owner: whoever runs `run`. One thread, the environment's.
class returning_client {
public:
    static constexpr std::size_t most_turns = 64;
    static constexpr milliseconds first_pause{500};
    static constexpr milliseconds longest_pause{30'000};
    static constexpr milliseconds good_life{60'000}; ///< of a connection, after which pauses are short again
    static constexpr std::uint64_t events_between_acks = 32;
    static constexpr milliseconds time_between_acks{250};

    /// A new session runs `machine`; without one, only the session of the memory will do. `under_way` turns
    /// are submitted before the first is answered; what the server grants as credit bounds them.
    returning_client(environment& env, server_place server, client_memory memory,
                     std::optional<std::string> machine, client_listener& listener,
                     std::size_t under_way = 1);

    /// Until the client has left, or can't go on. Run it once.
    task<client_end> run();

    /// Ends `run` soon; what was not answered stays so. Harmless when it has ended.
    void leave();

    /// Says a turn (`{"text": ...}` and so on) under an id that no other turn has or had. False when 64 wait.
    [[nodiscard]] bool submit(std::string id, json input);

    /// Asks for the end of a turn that is open, on each connection until it has ended. Harmless otherwise.
    void cancel(const std::string& id);

    /// Says how the work ended that a `tool` event asked for, as often as it takes. False when 64 reports are
    /// open.
    [[nodiscard]] bool report(tool_report_frame how);

    /// Turns without an end.
    std::size_t open_turns() const noexcept { return turns_.size(); }

    /// What to come back with after the process has ended; the turns that are open have to be kept beside it.
    const client_memory& memory() const noexcept { return connection_.memory(); }

    /// Whether it is attached now.
    bool attached() const noexcept { return attached_; }

    /// Drops the connection as a lost network would; the client comes back.
    task<> cut() { return connection_.cut(); }

private:
    struct turn {
        std::string id;
        json input;
        std::uint64_t number = 0;                                        ///< 0: none yet
        bool submitted = false;                                          ///< on this connection
        enum class wish { end, cancel, cancel_sent } wanted = wish::end; ///< sent: on this connection
        std::optional<steady_time> again; ///< not before: the server wants it later
        std::optional<json> answer;
        bool was_shown_its_end = false; ///< its turn.done or turn.failed has been given
        std::uint64_t last_event = 0;   ///< after which it is settled, with an answer
    };

    task<std::optional<client_end>> attach(error_code* failed);
    void take_welcome(const json& welcome);
    task<> converse();
    void handle(const json& frame);
    void take_other(const json& frame);
    void take_event(const json& event);
    void take_answer(const json& frame);
    void take_rejection(const json& frame);
    void take_error(const json& frame);
    void end_turn(turn& with, const json& answer);
    turn* find(const json& frame);
    void settle();
    void send_turns();
    void ask_again_later(milliseconds pause);
    void send_cancels();
    void send_reports();
    void acknowledge();
    milliseconds choose_pause();
    task<> rest(milliseconds duration);

    environment& env_;
    session_client connection_;
    std::optional<std::string> machine_;
    client_listener& listener_;
    std::size_t under_way_;
    std::size_t credit_ = 1; ///< of this connection
    std::deque<turn> turns_; ///< the first ones are under way
    tool_reports reports_;
    bool attached_ = false;
    bool leaving_ = false;
    milliseconds most_pause_ = first_pause;
    int moves_ = 0;                          ///< in a row, without being let in
    std::optional<milliseconds> told_pause_; ///< by the server, for the next connection
    std::optional<steady_time> slot_at_;     ///< when a server that drains wants this client to come back
    steady_time attached_at_{};
    milliseconds longest_silence_{33'000};
    std::uint64_t acknowledged_ = 0;
    timer again_;     ///< a rejected turn may be said again
    timer ask_again_; ///< what the server could not store now: cancels and reports of tools
    timer ack_;
    timer slot_; ///< the server drains, and this is when the client should go
    timer pause_;
    signal rested_;
    task_group tasks_;
};

} // namespace rejoinder::service
