#pragma once

// The frames of `rejoinder.v1` as values. What they mean is said in the protocol's table in README.md; here
// is what they hold. Server frames are only encoded and client frames only decoded; the program's own client
// (service/client/session_client) reads and writes JSON itself, so that a mistake of the codec shows.

#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::websocket::protocol {

/// The WebSocket subprotocol and the path it is spoken on.
inline constexpr std::string_view subprotocol = "rejoinder.v1";
inline constexpr std::string_view path = "/v1/session";
inline constexpr int version = 1;

// ---- from the client

enum class attach_mode { control, observe };

struct hello {
    int protocol = version;
    device_id device;
    std::optional<session_id> session;
    std::optional<std::string> token;
    std::optional<std::string> resume;
    std::optional<std::string> epoch;
    std::optional<std::uint64_t> ack;
    bool create = false;
    std::optional<std::string> machine;
    attach_mode mode = attach_mode::control;
    std::optional<milliseconds> heartbeat; ///< that the client would like; the welcome says what it gets
    std::optional<std::uint64_t> credit;   ///< the same
};

/// Exactly one of text, event and intent is set.
struct turn_input {
    std::optional<std::string> text;
    std::optional<std::string> event;
    std::optional<std::string> intent;
    json data;     ///< of `event`
    json entities; ///< of `intent`
};

struct turn {
    turn_id id;
    std::uint64_t number = 0;
    std::optional<turn_id> retry_of;
    turn_input input;
    std::optional<std::uint64_t> if_revision;
    std::optional<milliseconds> expires_in;
    std::string policy; ///< what shall happen when it meets another turn; empty: as the machine says
    std::string digest; ///< of the payload (everything but `number`), computed by the codec
};

struct ack {
    std::uint64_t seq = 0;
};

struct ping {
    std::int64_t at = 0;
};

struct pong {};

struct bye {
    std::string reason;
    bool keep = true;
};

/// New credentials in place of those of the hello.
struct token {
    std::string text; ///< secret
};

struct cancel {
    turn_id turn;
};

/// How work ended that a `tool` event asked of the device.
struct tool_result {
    std::string call;
    std::optional<turn_id> turn;
    bool ok = true;
    json data; ///< an object
};

using client_frame = std::variant<hello, turn, cancel, tool_result, ack, ping, pong, bye, token>;

/// Why a text is no frame. Codes: protocol.malformed, protocol.too_deep, protocol.unknown_type,
/// protocol.bad_member.
struct frame_error {
    std::string code;
    std::string message; ///< one sentence; names the member, never its value
    std::string ref;     ///< the turn or call that it is about, where its id could be read
};

// ---- from the server

enum class welcome_outcome { created, lossless, replayed, snapshot, refused };

std::string_view to_string(welcome_outcome outcome) noexcept;

struct welcome {
    welcome_outcome outcome = welcome_outcome::refused;
    std::string reason; ///< empty: none
    // The rest is absent from a refusal.
    session_id session;
    std::uint64_t generation = 0;
    std::string epoch;
    std::uint64_t head = 0;
    std::uint64_t floor = 1;
    std::optional<std::uint64_t> from;
    std::string resume;
    std::uint64_t last_number = 0;
    struct open_turn {
        turn_id turn;
        std::string status; ///< queued or parked
    };
    std::optional<open_turn> running;
    milliseconds heartbeat{25000};
    std::uint64_t credit = 8;
    std::uint64_t limit_message = 65536;
    std::uint64_t limit_outbox = 1 << 20;
    std::uint64_t limit_replay = 1024;
    std::string durability;
    milliseconds expires_in{};
    std::string machine;
    std::int64_t machine_version = 0;
    std::optional<std::int64_t> migrated_from; ///< the version that the client knows, where it is another one
    std::string node;
};

struct snapshot {
    std::uint64_t seq = 0;
    std::string machine;
    std::int64_t version = 0;
    std::string value;
    std::uint64_t revision = 0;
    json context;
    json turns;                 ///< array of {turn, status, outcome}
    json ask;                   ///< null: nothing is asked
    json tools = json::array(); ///< array of {call, name, args, turn, deadline}
};

struct event {
    std::uint64_t seq = 0;
    std::string kind;
    turn_id turn; ///< empty: none
    utc_time at{};
    json data;
};

/// Events that follow each other, each as the frame that shows it live.
struct live_events {
    std::uint64_t first = 0; ///< the number of the first
    std::vector<std::string> frames;
};

enum class delivery { live, replayed };

struct accepted {
    turn_id turn;
    std::string status;
    bool duplicate = false;
    std::uint64_t queue = 0; ///< turns in front of it
    json outcome;            ///< null: absent
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;
};

struct rejected {
    turn_id turn;
    std::string code;
    std::string message;
    bool retry = false;
    std::optional<milliseconds> after;
    std::optional<std::uint64_t> revision; ///< with turn.conflict: the state's revision
};

struct error {
    std::string code;
    std::string message;
    bool retry = false;
    std::optional<milliseconds> after;
    std::string ref;  ///< the turn, call or frame it is about; empty: none
    std::string to{}; ///< with session.moved: where the session is; empty: absent
};

/// A preview of what a turn that has not ended will say: may be lost, and is void once the turn's events
/// come. A greater `attempt` begins anew.
struct part {
    turn_id turn;
    std::uint64_t attempt = 0;
    std::uint64_t offset = 0; ///< where `data.text` begins in the whole, in bytes of UTF-8
    json data;                ///< {"text"}
};

struct taken {
    std::uint64_t generation = 0;
    device_id device;
};

struct drain {
    milliseconds after{};
    milliseconds deadline{};
};

} // namespace rejoinder::websocket::protocol
