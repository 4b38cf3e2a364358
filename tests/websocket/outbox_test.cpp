#include "websocket/outbox.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::websocket;

TEST_CASE("an outbox is bounded in bytes and in messages, and counts what is being written") {
    outbox box(10, 3);
    CHECK(box.push({payload::text, "12345"}));
    CHECK_FALSE(box.push({payload::text, "123456"}));
    CHECK(box.push({payload::text, "67890"}));
    CHECK(box.push({payload::text, ""}));
    CHECK_FALSE(box.push({payload::text, ""}));
    auto writing = box.take();
    CHECK(writing.bytes == "12345");
    CHECK_FALSE(box.push({payload::text, "1"}));
    CHECK(box.frames() == 3);
    CHECK_FALSE(box.written());
    CHECK(box.push({payload::text, "abcde"}));
    CHECK_FALSE(box.push({payload::text, "f"}));
}

TEST_CASE("an outbox says with every message that is out whether half of its bounds is free") {
    outbox box(100, 4);
    for (int i = 0; i < 4; ++i)
        CHECK(box.push({payload::text, "x"}));
    for (bool expected : {false, true, true, true}) {
        (void)box.take();
        CHECK(box.written() == expected);
    }
    CHECK(box.push({payload::text, "x"}));
    (void)box.take();
    CHECK(box.written());
}

TEST_CASE("a cleared outbox still counts the message that is being written") {
    outbox box(100, 4);
    CHECK(box.push({payload::text, "going"}));
    CHECK(box.push({payload::binary, "waiting"}));
    (void)box.take();
    box.clear();
    CHECK(box.empty());
    CHECK(box.bytes() == 5);
    CHECK(box.frames() == 1);
    (void)box.written();
    CHECK(box.bytes() == 0);
    CHECK(box.frames() == 0);
}

TEST_CASE("an outbox that is never empty keeps the order") {
    outbox box(1000, 1000);
    int pushed = 0;
    auto push = [&] { REQUIRE(box.push({payload::text, std::to_string(pushed++)})); };
    for (int i = 0; i < 5; ++i)
        push();
    for (int taken = 0; taken < 500; ++taken) {
        push();
        CHECK(box.take().bytes == std::to_string(taken));
        CHECK_FALSE(box.empty());
        (void)box.written();
    }
    CHECK(box.frames() == 5);
}
