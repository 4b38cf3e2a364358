#pragma once

#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace rejoinder::context {

enum class speaker { user, machine };

/// Something that was said. The whole history is in the session's log; a session carries the latest of it.
struct message {
    speaker by = speaker::user;
    std::string text;
    turn_id turn; ///< empty when no turn led to it
    utc_time at{};
};

json to_json(const message& m);

/// The latest of what was said, bounded by count and by bytes: the oldest messages leave first, and a single
/// text longer than the byte bound is kept by its beginning only.
class conversation {
public:
    static constexpr std::size_t max_messages = 12;
    static constexpr std::size_t max_bytes = 4 * 1024;

    void add(message m);

    const std::deque<message>& window() const noexcept { return window_; }

    /// Messages ever said, those that left the window included.
    std::uint64_t count() const noexcept { return count_; }

    /// As JSON text. Each message was serialised when it was added: the window is written with every turn.
    std::string serialise() const;

    /// What `serialise` made, parsed; anything else gives an empty conversation and false.
    static bool restore(const json& stored, conversation& out);

private:
    std::deque<message> window_;
    std::deque<std::string> serialised_; ///< the window's messages, one by one
    std::size_t bytes_ = 0;
    std::uint64_t count_ = 0;
};

} // namespace rejoinder::context
