#pragma once

#include "service/recording/lines.hpp"
#include "service/replay/session_recording.hpp"
#include "service/turn.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::service {

/// Compares the frames that clients were sent with what a session that is made again would send them. Those
/// of robots are compared with the answers that the session's log holds, from which robots get them.
class frame_check {
public:
    /// A frame that is another one than it should be, as it was and as it should be.
    struct difference {
        std::string turn;
        std::string recorded;
        std::string ours;
    };

    /// `recorded` outlives it.
    explicit frame_check(const session_recording& recorded) : recorded_(recorded), next_(0) {}

    /// A commit was made again, and came to these events and this outcome of its turn.
    void add(const recorded_commit& commit, const std::vector<websocket::protocol::event>& events,
             json outcome);

    /// Looks at the frames in front of the commit that follows; the first difference, if there is any.
    std::optional<difference> compare(std::size_t commits);

    std::size_t compared() const noexcept { return compared_; }

private:
    std::optional<json> expected(const json& frame) const;
    std::optional<json> expected_of_robot(const json& frame) const;

    const session_recording& recorded_;
    std::size_t next_; ///< frame that was not looked at yet
    std::size_t compared_ = 0;
    std::map<std::uint64_t, websocket::protocol::event> events_;
    std::map<std::string, websocket::protocol::accepted> turns_;
    std::multimap<std::string, json> robots_; ///< frames, by what they are and of which transaction
};

} // namespace rejoinder::service
