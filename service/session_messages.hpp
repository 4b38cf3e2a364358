#pragma once

// What a session can be told. Everything reaches it through its mailbox, in order.

#include "context/turn_context.hpp"
#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "service/open_work.hpp"
#include "service/refusal.hpp"
#include "service/resume.hpp"
#include "statemachine/interpreter.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rejoinder::service {

class attachment;

/// A turn as the session recorded it: what a retry is answered with.
struct turn_record {
    turn_id id;
    std::string digest;
    std::string status;
    std::string outcome; ///< JSON text
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< first - 1 when the turn showed nothing
    std::uint64_t ahead = 0; ///< turns in front of one that is queued
};

/// Whether the turn has its outcome: it is done, failed or cancelled, and that is final. Otherwise it is
/// queued or parked.
inline bool has_ended(const turn_record& turn) noexcept {
    return turn.status != "queued" && turn.status != "parked";
}

enum class novelty { first_time, duplicate };

/// Why a submission had no effect, with a stable code and a sentence for a person.
struct rejection {
    turn_id turn;
    std::string code;
    std::string message;
    enum class again { no, yes } retry = again::no;
    std::optional<milliseconds> after;
    std::optional<std::uint64_t> revision;
};

/// Who waits for the answer to a turn. Exactly one of the three is called, on the session's thread.
class turn_listener {
public:
    virtual ~turn_listener() = default;
    /// The turn is durable; its events are published right after this call.
    virtual void accepted(const turn_record& turn, novelty how) = 0;
    virtual void rejected(const rejection& why) = 0;
    /// Whether the turn was recorded is not known; the client asks again on a new connection.
    virtual void lost(const turn_id& turn) = 0;
};

/// Whether a turn may wait for the device's report of its surroundings (states tagged `needs_presence`).
struct presence_wait {
    std::string transaction; ///< a `device_report` of the same transaction ends the wait
    milliseconds patience{1000};
};

struct turn_request {
    turn_id id;
    device_id device;
    std::optional<std::uint64_t> number; ///< robots have none
    std::string digest;
    statemachine::event event;
    std::string heard;
    std::optional<std::uint64_t> if_revision;
    std::optional<steady_time> expires;
    std::optional<statemachine::overlap> policy; ///< absent: as the machine says
    std::optional<presence_wait> presence;
    /// Makes the stored outcome; may be empty.
    std::function<json(const std::vector<websocket::protocol::event>&)> render;
    std::shared_ptr<turn_listener> listener;
    utc_time received{};
    std::size_t bytes = 0; ///< of the frame that brought it
};

/// A turn on its way through mailbox, queue and coroutines, which hold a pointer each: there are many of
/// them, and they wait for the database.
using held_turn = std::unique_ptr<turn_request>;

inline turn_identity identity_of(const turn_request& request) {
    return {request.id, request.device, request.number.value_or(0), request.digest};
}

struct attach_request {
    std::shared_ptr<attachment> who;
    account_id account;
    std::optional<std::string> resume;
    client_position position;
    std::optional<refusal> reason; ///< why a new session is made although another was asked for
};

/// A device's latest report of its surroundings; becomes durable, gets no answer.
struct device_report {
    std::string transaction;
    json data;
    utc_time received{};
};

/// `bye` with `keep` false: the session ends.
struct end_request {
    std::shared_ptr<attachment> who;
};

/// A turn that nobody wants any more.
struct cancel_request {
    std::shared_ptr<attachment> who;
    turn_id turn;
};

/// How a tool ended, as the device that did the work says.
struct tool_report {
    std::shared_ptr<attachment> who;
    std::string call;
    std::optional<turn_id> turn; ///< that the tool belongs to, where the device says so
    enum class end { done, failed } how = end::done;
    json data;
    utc_time received{};
};

/// Look again: a wait has run out, a confirmed token is to be saved, there may be nothing left to do, the
/// session would expire while its client is attached, or open work is due.
struct wake_up {
    enum class reason { presence, confirmation, idle, renewal, work } why = reason::idle;
    turn_id turn; ///< that waits for presence
};

using session_message =
    std::variant<attach_request, held_turn, cancel_request, tool_report, device_report, end_request, wake_up>;

} // namespace rejoinder::service
