#pragma once

#include "persistence/ids.hpp"
#include "persistence/session_record.hpp"
#include "service/recording/lines.hpp"
#include "service/recording/recording_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rejoinder::service {

/// Records sessions while they live: each into its file, from where it is first seen. A file is a sequence of
/// parts, each a head and what followed; a part is whole in itself, as it begins with the session's birth or
/// with the state that the session stood in. A new one begins when the session was not recorded for a while
/// (a restart, a line that was lost), when its machine is another one, when its state has changed by a
/// commit that its log does not keep, or when it belongs to somebody else.
///
/// Nobody waits for it: a line that finds no room is lost and counted, the file says so, and what follows is
/// left out up to the next commit, which begins a new part. The same happens to a recording that somebody
/// removes: nothing of it comes back, and a session that is still stored is recorded from then on. Of a
/// session that nobody is attached to, the recording is closed when `recording_bounds::sessions` others are
/// under way. It holds the latest state of each session that it records.
///
/// Owner: the command that serves. Any thread; what belongs together is of one session, which lives on one.
/// The destructor ends every recording and
/// waits until all is written.
class recorder {
public:
    /// Files go into the folder, which exists.
    explicit recorder(std::string folder, recording_bounds bounds = {});
    ~recorder();

    /// Whether a part has to be begun before the commit that follows this revision, and there is room for it:
    /// the session is not recorded, or was changed by somebody else.
    bool needs_beginning(const session_id& session, revision where);

    /// Begins a part. `row` is the session's as it stands, or about to be born: then `start` says so.
    enum class beginning { birth, standing };
    void begin(const persistence::session_row& row, beginning how,
               std::shared_ptr<const ordered_json> document);

    /// A commit has made the row what it is. Ignored for a session that is not recorded. `document` is its
    /// machine's, null where it is not at hand.
    void committed(const persistence::session_row& row, revision now,
                   std::optional<persistence::log_entry> entry,
                   const std::shared_ptr<const ordered_json>& document);

    /// A message, as it came or as it was handed out. Ignored for a session that is not recorded.
    void frame(const session_id& session, recorded_message::direction way, utc_time at, std::string text,
               message_form how);

    /// A client of the session has come; false, and it is not counted, when the session is not recorded.
    [[nodiscard]] bool attached(const session_id& session);
    /// One that was counted is gone, with the connection's close code.
    void detached(const session_id& session, utc_time at, std::uint16_t code);

    /// Waits until what was taken down so far is written, and counts the folder anew.
    task<> settle();

    const std::string& folder() const noexcept { return writer_.folder(); }

private:
    struct track {
        revision stands_at;
        std::string state; ///< empty: about to be born
        std::uint64_t head = 0;
        std::string machine_hash;
        recorded_owner owner;
        std::size_t commits = 0;               ///< of this part
        std::size_t lost = 0;                  ///< lines that the file does not know of
        bool broken = false;                   ///< lacks lines: only a new part can follow
        bool ended = false;                    ///< its end is written, and nothing behind it
        std::size_t clients = 0;               ///< that are attached
        std::list<std::string>::iterator idle; ///< its place among those without clients
    };
    using tracks = std::map<std::string, track, std::less<>>;

    track* find(const session_id& session);
    bool has_room();
    bool is_folder_full();
    track* make_room_for(const std::string& session);
    void begin(const std::string& session, track& of, recording_head head,
               std::shared_ptr<const ordered_json> document);
    void push(const std::string& session, track& of, std::size_t bytes, std::function<std::string()> write);
    void push(track& of, recording_line line);
    void end(const std::string& session, track& of);
    void look_for_failures();

    const recording_bounds bounds_;
    std::mutex mutex_; ///< held by what is public; of all below
    tracks tracks_;
    std::list<std::string> idle_; ///< sessions without clients, the longest unused first
    std::uint64_t failures_ = 0;  ///< of the writer, that are known here
    bool told_of_bound_ = false;
    bool told_of_full_folder_ = false;
    recording_writer writer_;
};

/// Makes the folder, mode 0700, if it is not there. Nothing when it can't be had; `why` says what to do.
std::unique_ptr<recorder> open_recorder(const std::string& folder, const recording_bounds& bounds,
                                        std::string& why);

} // namespace rejoinder::service
