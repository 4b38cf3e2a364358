#include "websocket/frame_walk.hpp"

#include "tests/support/catch.hpp"
#include "tests/websocket/raw_peer.hpp"

#include <string>

using rejoinder::tests::frame_bytes;
using rejoinder::tests::masking;
using rejoinder::websocket::frame_walk;

namespace {

const std::string ping = frame_bytes(0x89, "beat");

/// One byte at a time.
void drip(frame_walk& walk, const std::string& bytes) {
    for (char byte : bytes)
        walk.pass({&byte, 1});
}

} // namespace

TEST_CASE("a walk rests only between messages, whatever their size, mask and pieces") {
    for (std::size_t size : {0, 1, 125, 126, 65535, 65536, 70000}) {
        for (auto how : {masking::masked, masking::unmasked}) {
            auto message = frame_bytes(0x81, std::string(size, 'x'), how);
            INFO(size);
            frame_walk walk(frame_walk::start::frames);
            for (int i = 1; i <= 2; ++i) {
                drip(walk, message.substr(0, message.size() - 1));
                CHECK_FALSE(walk.at_rest());
                walk.pass(message.substr(message.size() - 1));
                CHECK(walk.at_rest());
                CHECK(walk.begun() == static_cast<std::uint64_t>(i));
            }
            walk.pass(message + message + message.substr(0, 1));
            CHECK_FALSE(walk.at_rest());
            CHECK(walk.begun() == 5);
        }
    }
}

TEST_CASE("control frames inside a message neither end it nor count as its fragments") {
    frame_walk walk(frame_walk::start::frames);
    walk.pass(frame_bytes(0x01, "") + ping + frame_bytes(0x00, "") + ping);
    CHECK_FALSE(walk.at_rest());
    CHECK(walk.begun() == 1);
    CHECK(walk.most_fragments() == 2);
    walk.pass(frame_bytes(0x80, "end"));
    CHECK(walk.at_rest());
    CHECK(walk.most_fragments() == 3);
}

TEST_CASE("a control frame between messages begins and ends by itself") {
    frame_walk walk(frame_walk::start::frames);
    drip(walk, ping.substr(0, 3));
    CHECK_FALSE(walk.at_rest());
    drip(walk, ping.substr(3));
    CHECK(walk.at_rest());
    CHECK(walk.begun() == 1);
    CHECK(walk.most_fragments() == 0);
}

TEST_CASE("a close frame is the last one, inside a message too") {
    frame_walk walk(frame_walk::start::frames);
    auto close = frame_bytes(0x88, "\x03\xe8");
    walk.pass(frame_bytes(0x01, "begun") + close.substr(0, 7));
    CHECK_FALSE(walk.closed());
    walk.pass(close.substr(7) + frame_bytes(0x80, "end"));
    CHECK(walk.closed());
    CHECK(walk.most_fragments() == 1);
}

TEST_CASE("the longest message counts, not the latest") {
    frame_walk walk(frame_walk::start::frames);
    walk.pass(frame_bytes(0x01, "a") + frame_bytes(0x00, "b") + frame_bytes(0x80, "c"));
    walk.pass(frame_bytes(0x81, "whole"));
    CHECK(walk.most_fragments() == 3);
}

TEST_CASE("a walk that starts with an HTTP head finds the first frame behind its empty line") {
    const std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    frame_walk dripping(frame_walk::start::http_head);
    drip(dripping, head);
    CHECK(dripping.at_rest());
    CHECK(dripping.begun() == 0);
    frame_walk at_once(frame_walk::start::http_head);
    at_once.pass(head + frame_bytes(0x81, "early", masking::unmasked) + '\x01');
    CHECK(at_once.begun() == 2);
    CHECK_FALSE(at_once.at_rest());
}
