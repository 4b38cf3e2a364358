#pragma once

#include "persistence/json.hpp"
#include "persistence/time.hpp"
#include "websocket/protocol/frames.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The decisions of a resume as pure functions: where a client stands against the log, and whether its secret
/// is one that the session knows.
namespace rejoinder::service {

/// What the client says it has.
struct client_position {
    std::optional<std::string> epoch;
    std::optional<std::uint64_t> ack;
};

/// What the session's durable log has.
struct log_extent {
    std::string epoch;
    std::uint64_t head = 0;
    std::uint64_t floor = 1;
    std::uint64_t bytes = 0; ///< of the events from floor to head
};

struct replay_bounds {
    std::size_t events = 1024;
    std::size_t bytes = 1 << 20;
};

struct resume_decision {
    websocket::protocol::welcome_outcome outcome = websocket::protocol::welcome_outcome::snapshot;
    std::string reason;                ///< of a snapshot: position, epoch or trimmed
    std::optional<std::uint64_t> from; ///< of a replay: the first event that is sent again
};

/// Lossless when the client has everything, replayed when what it lacks is in the log and within the bounds,
/// else a snapshot with the reason. The bytes that are missing are estimated by the log's mean.
resume_decision decide_resume(const client_position& client, const log_extent& log,
                              const replay_bounds& bounds);

/// The lineage of a session's log as 16 hexadecimal digits: it changes when the store's history does
/// (`incarnation`) or when an operator resets the session, and only then.
std::string make_epoch(std::string_view incarnation, std::string_view session, std::uint64_t resets);

/// The resume tokens of one device for one session, as SHA-256 digests. Each welcome issues one; it is
/// confirmed when the client is heard on that attachment or presents it. The confirmed one stays valid until
/// a while after a newer one was confirmed, an unconfirmed one is replaced by the next: no number of lost
/// welcomes locks anybody out.
class resume_tokens {
public:
    enum class match { none, issued, confirmed };

    /// None was ever issued.
    bool empty() const noexcept { return confirmed_.empty() && issued_.empty() && retiring_.empty(); }

    match find(std::string_view token, utc_time now) const;

    void issue(std::string_view token);

    /// Confirms the issued token if it is this one; the one confirmed before lives on until `now + grace`.
    /// True when anything changed: a token that was replaced or confirmed already changes nothing.
    bool confirm(std::string_view token, utc_time now, milliseconds grace);

    /// As JSON text.
    void append_to(std::string& text) const;
    static std::optional<resume_tokens> restore(const json& stored);

private:
    static constexpr std::size_t max_retiring = 8; ///< beyond, the oldest is forgotten at once

    struct retiring_token {
        std::string digest;
        utc_time until{};
    };
    std::string confirmed_;
    std::string issued_;
    std::vector<retiring_token> retiring_;
};

} // namespace rejoinder::service
