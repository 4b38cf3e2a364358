#pragma once

#include "persistence/time.hpp"
#include "websocket/connection.hpp"
#include "websocket/robot/frames.hpp"
#include "websocket/robot/input.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::websocket::robot {

struct transaction_limits {
    std::size_t audio_bytes = 4 << 20;       ///< on one connection; beyond: closed with 1009
    std::size_t open_transactions = 16;      ///< on one connection; beyond: closed with 1008
    milliseconds transaction_life{60000};    ///< from its first frame; afterwards it is forgotten
    milliseconds connection_life{3 * 60000}; ///< afterwards: closed with 1000
};

/// Submit this turn to the device's session.
struct submit {
    input what;
};

/// Store this as what the device last told about itself. It is no turn and has no reply.
struct remember_context {
    std::string identity; ///< of the frame, like a turn's
    std::string transaction;
    json data;
    std::optional<std::string> robot_id;
};

/// Write what is queued and close.
struct hang_up {
    close_code code = close_code::normal;
    std::string reason;
};

using action = std::variant<submit, remember_context, hang_up>;

/// What one robot connection has in flight: a pure state machine that is fed frames, lengths of audio and the
/// time, and answers with what is to be done. It does no I/O and owns no timer: its owner calls `on_time`
/// when `next_deadline` has come. One thread.
///
/// A transaction (`transID`) begins with its first frame. LISTEN gives it rules; every frame with an input in
/// it is a turn of its own. Audio belongs to the last LISTEN of the connection, is counted and thrown away;
/// when nothing tells what was in it until LISTEN's silence is over, that is an input as well, once for each
/// LISTEN.
class transactions {
public:
    /// `connection` names this connection uniquely among all that the device ever had, without a colon in it.
    transactions(std::string connection, const transaction_limits& limits, steady_time opened);

    /// A text frame. One that is no frame closes the connection with 1007: a robot's protocol has no error
    /// message.
    std::vector<action> on_text(std::string_view text, steady_time now);

    /// A binary frame of this length.
    std::vector<action> on_audio(std::size_t bytes, steady_time now);

    /// Does what is due. Calling it too early or too often is harmless.
    std::vector<action> on_time(steady_time now);

    /// When `on_time` is to be called next.
    steady_time next_deadline() const noexcept;

    std::size_t audio_bytes() const noexcept { return audio_bytes_; }
    std::size_t open() const noexcept { return open_.size(); }

    /// Whether something that came is still waiting for more of the robot: audio for words, or words for a
    /// hint.
    bool expects_more() const noexcept;

private:
    struct transaction {
        std::string id;
        steady_time ends;
        std::string listen;                  // identity of its LISTEN
        std::vector<std::string> rules;      // of its LISTEN
        milliseconds silence{0};             // of its LISTEN; zero: no audio is waited for
        std::optional<steady_time> no_input; // when the silence is over; set by the first audio
        std::string hint;                    // from CONTEXT
        std::string unheard;                 // identity of an empty CLIENT_ASR that waits for a hint
    };

    std::vector<action> take(const frame& received, steady_time now);
    void take(transaction& in, const listen& heard, const std::string& identity, std::vector<action>& out);
    void take(transaction& in, const client_nlu& understood, const std::string& identity,
              std::vector<action>& out);
    void take(transaction& in, const client_asr& heard, const std::string& identity,
              std::vector<action>& out);
    void take(transaction& in, const trigger& asked, const std::string& identity, std::vector<action>& out);
    void take(transaction& in, const device_context& seen, const std::string& identity,
              std::vector<action>& out);
    void take(transaction& in, const unknown& other, const std::string& identity, std::vector<action>& out);

    static input heard(transaction& in, const std::string& identity, std::string text);
    transaction* find_or_open(const std::string& id, steady_time now);
    transaction* listening() noexcept;
    std::string identity_of(const frame& received) const;

    std::string connection_;
    transaction_limits limits_;
    steady_time ends_;
    std::vector<transaction> open_; // in the order of their beginning
    std::optional<std::string> listening_;
    std::uint64_t frames_ = 0;
    std::size_t audio_bytes_ = 0;
    bool over_ = false;
};

} // namespace rejoinder::websocket::robot
