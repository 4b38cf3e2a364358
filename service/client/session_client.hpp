#pragma once

#include "persistence/environment.hpp"
#include "persistence/json.hpp"
#include "persistence/result.hpp"
#include "persistence/secret.hpp"
#include "websocket/client.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rejoinder::service {

/// What a client keeps between two connections, and between two runs of its program.
struct client_memory {
    std::string device;
    std::string session; ///< empty: none yet
    std::string resume;
    std::string epoch;
    std::uint64_t seen = 0;        ///< number of the last event that was received
    std::uint64_t last_number = 0; ///< of the turns submitted
};

json to_json(const client_memory& memory);

/// What `to_json` made; false for anything else, and `out` stays as it is then.
bool restore(const json& stored, client_memory& out);

/// How a client gets a connection.
using dialer = std::function<task<result<std::unique_ptr<websocket::client>>>(websocket::client_options)>;

/// By TCP, to the host of the URL.
dialer dial_by_tcp(environment& env);

/// The client's end of `rejoinder.v1`, one connection at a time: says hello with what it remembers, drops
/// events that it has seen, answers pings. When the server throws messages away because they came too fast
/// (`protocol.flood`, which does not say which one it was), the turns that are open are submitted again as
/// soon as they may be, and later ones keep the distance that the server asks for. `returning_client` makes a
/// whole device of it.
class session_client {
public:
    /// `token` is its credentials, empty for a server that asks for none.
    session_client(environment& env, std::string url, client_memory memory, secret token = {},
                   dialer dial = {});

    /// Connects, says hello and waits for the welcome, which is the answer (also when it refuses). A new
    /// session is asked for when `machine` is given and the memory names none, or the one it names is gone.
    /// An error: nobody answered, or the socket was closed instead; `closed_with` tells the code then.
    task<result<json>> attach(std::optional<std::string> machine, milliseconds patience = milliseconds(5000));

    /// The next frame that is news: events come once and in order. Nothing when the connection is over or
    /// `patience` ran out. An event that leaves a gap is given with a member `gap`: true; a server never
    /// sends one.
    task<std::optional<json>> receive(milliseconds patience);

    /// Sends a turn with this input (`{"text": ...}`). The number is the next one unless given.
    void submit(const std::string& id, json input, std::optional<std::uint64_t> number = std::nullopt);

    void send(const json& frame);
    void send_text(std::string text);

    /// Cuts the connection without a word; the memory stays.
    task<> cut();
    task<> close();

    bool connected() const noexcept { return connection_ && !connection_->closed_with(); }
    std::uint16_t close_code() const noexcept;

    /// How long the server wanted this client to stay away when it sent no welcome; nothing: it did not say.
    std::optional<milliseconds> told_wait() const noexcept { return told_wait_; }

    /// Whether the server has said since the last call that the session is at another one; the next
    /// connection goes there, and home again when nobody answers.
    bool take_move() noexcept { return std::exchange(moved_, false); }

    /// When something last came, a ping included.
    steady_time last_heard() const noexcept { return last_heard_; }

    /// How many messages the server has thrown away for their rate.
    std::uint64_t floods() const noexcept { return floods_; }

    const client_memory& memory() const noexcept { return memory_; }

private:
    task<std::optional<json>> receive_frame(milliseconds patience);
    void take_welcome(const json& welcome);
    void take_flood(const json& error);
    void note_move(const json& error);
    void send_submissions();

    struct submission {
        std::string id;
        json frame;
        bool sent = false;
    };
    environment& env_;
    dialer dial_;
    std::string home_;
    std::string place_; ///< where the session is: home, or where a server has sent this client
    bool moved_ = false;
    steady_time last_heard_{};
    std::optional<milliseconds> told_wait_;
    client_memory memory_;
    secret token_;
    std::string epoch_of_snapshot_;
    std::deque<submission> open_; ///< turns on this connection that are neither accepted nor rejected
    timer departure_;             ///< of the next one that may not leave yet
    milliseconds distance_{0};    ///< between two turns; 0 until the server says that they come too fast
    steady_time due_{};           ///< when the next one may leave
    std::uint64_t floods_ = 0;
    std::shared_ptr<websocket::client> connection_; ///< shared with whoever waits for a frame on it
};

} // namespace rejoinder::service
