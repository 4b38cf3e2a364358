#pragma once

#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "persistence/session_record.hpp"
#include "persistence/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::context {

enum class speaker { user, machine };

/// Something that was said. The whole history is in the session's log; a session carries the latest of it.
struct message {
    speaker by = speaker::user;
    std::string text;
    turn_id turn; ///< empty when no turn led to it
    utc_time at{};
};

/// Appends the message as JSON text.
void append_text(std::string& to, const message& m);

/// How long that is, if little in it has to be escaped: what room is made for.
std::size_t usual_size(const message& m) noexcept;

/// The latest of what was said, bounded by count and by bytes: the oldest messages leave first, and a single
/// text longer than the byte bound is kept by its beginning only. A turn works on a copy of it, so messages,
/// which never change, are shared by all copies.
class conversation {
public:
    static constexpr std::size_t max_messages = 12;
    static constexpr std::size_t max_bytes = 4 * 1024;

    void add(const message& m);
    /// The same; the text is what `append_text` made of the message.
    void add(const message& m, std::string text);

    /// Reads each message anew: a session itself needs only their texts.
    std::vector<message> window() const;

    /// Messages ever said, those that left the window included.
    std::uint64_t count() const noexcept { return count_; }

    /// As JSON text. Each message was serialised when it was added: the window is written with every turn.
    std::string serialise() const;

    /// The same behind what the text has, but for the messages, which are most of it: only how many bytes
    /// they take and a checksum of them are written. The range is where they belong, without the brackets.
    struct range {
        std::size_t begin = 0;
        std::size_t size = 0;
    };
    range append_without_messages(std::string& text) const;
    /// What belongs there.
    std::string messages() const;

    /// Where the messages are in a text, if the first conversation in it is as it was written: those of its
    /// size and checksum.
    static std::optional<range> find_messages(std::string_view text);

    /// What was said since the last call, if anything, is in the log now: in the entry at this place, as its
    /// messages.
    void note_logged(persistence::log_position where, std::string_view messages);

    /// Where in the log the window begins, if the log has all of it as it stands here. What was restored is
    /// not known to be there.
    struct beginning_in_log {
        persistence::log_position since;
        std::size_t skip = 0; ///< bytes of the entry's messages in front of it
    };
    std::optional<beginning_in_log> logged() const;

    /// What `serialise` made, parsed; anything else gives an empty conversation and false.
    static bool restore(const json& stored, conversation& out);

private:
    struct entry {
        std::uint64_t hash; // of the text
        std::string text;   // the message as JSON
        std::size_t bytes;  // of what it says
        bool whole;         // and not the beginning of what was said
    };
    struct place {
        std::shared_ptr<const entry> what;
        std::optional<beginning_in_log> where;
    };
    void make_room_for(std::size_t bytes);

    std::vector<place> window_; ///< outside of what holds it: most sessions that wait have said little
    std::size_t bytes_ = 0;
    std::uint64_t count_ = 0;
};

} // namespace rejoinder::context
