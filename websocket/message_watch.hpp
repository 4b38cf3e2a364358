#pragma once

#include "persistence/environment.hpp"
#include "websocket/connection.hpp"
#include "websocket/frame_walk.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace rejoinder::websocket {

/// Holds the messages of a peer to their deadline and their number of fragments. A message has its deadline
/// from its first byte to its last, whatever comes in between; a control frame of its own has one, too.
class message_watch {
public:
    using complaint = std::function<void(std::string_view reason)>;

    /// `from` has followed what has arrived so far.
    message_watch(environment& env, const frame_walk& from, const connection_limits& limits,
                  complaint complain)
        : walk_(from),
          deadline_(limits.message_deadline),
          fragments_(limits.fragments),
          complain_(std::move(complain)),
          timer_(env) {}

    /// Bytes that have arrived. Before `begin` they are only followed.
    void pass(std::string_view bytes) {
        auto begun = walk_.begun();
        walk_.pass(bytes);
        if (walk_.begun() != begun) timer_.disarm();
        if (watching_) look();
    }

    void begin() {
        watching_ = true;
        look();
    }

    void end() {
        watching_ = false;
        timer_.disarm();
    }

    /// Where the peer is in its frames.
    const frame_walk& walk() const noexcept { return walk_; }

    /// Whether the peer's close frame has come.
    bool closed() const noexcept { return walk_.closed(); }

private:
    void look() {
        if (walk_.most_fragments() > fragments_) complain_("a message in too many fragments");
        if (walk_.at_rest())
            timer_.disarm();
        else if (!timer_.armed())
            timer_.arm_after(deadline_, [this] { complain_("a message took too long"); });
    }

    frame_walk walk_;
    milliseconds deadline_;
    std::size_t fragments_;
    complaint complain_;
    bool watching_ = false;
    timer timer_;
};

} // namespace rejoinder::websocket
