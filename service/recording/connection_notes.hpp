#pragma once

#include "persistence/environment.hpp"
#include "service/recording/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// What passes over one connection, on its way into the recording of the session that it turns out to be of.
/// Until that is known and recorded, the messages are kept, of which the oldest go first; when it never is,
/// nothing of them is written. One thread, the environment's.
class connection_notes {
public:
    /// Of what is kept while nobody knows whose it is.
    struct bounds {
        std::size_t messages = 32;
        std::size_t bytes = 64 << 10;
    };

    /// `env` and `into` outlive it. `how` is what its text messages are.
    connection_notes(environment& env, recorder& into, message_form how, bounds kept)
        : env_(env), recorder_(into), how_(how), kept_(kept) {}
    connection_notes(const connection_notes&) = delete;
    connection_notes& operator=(const connection_notes&) = delete;

    /// A message, as it came from the client or as it was handed to the connection, which a cut may have kept
    /// from arriving.
    void text(recorded_message::direction way, std::string_view text);

    /// Sound that came from the client: its length and its SHA-256 are taken down, and nothing of itself.
    void audio(std::string_view bytes);

    /// Whose it is from now on, until it is another's; what was kept goes there as well. To be said again
    /// when the session has committed something: it may not have been recorded before.
    void is_of(const session_id& session);

    /// The connection is over; what is not known to be anybody's yet may still become so.
    void closed(std::uint16_t code);

private:
    struct message {
        recorded_message::direction way;
        utc_time at;
        std::string text;
        message_form how;
    };
    struct end {
        utc_time at;
        std::uint16_t code;
    };

    void note(message one);
    void hand_over();

    environment& env_;
    recorder& recorder_;
    const message_form how_;
    const bounds kept_;
    std::optional<session_id> session_;
    bool attached_ = false; ///< the recorder counts this connection among those of the session
    bool over_ = false;     ///< its end is written
    std::deque<message> early_;
    std::size_t early_bytes_ = 0;
    std::optional<end> end_;
};

} // namespace rejoinder::service
