#include "websocket/message_buffer.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder::websocket;

namespace {

/// Fills the buffer as a socket would, at most `step` bytes at a time.
void receive(message_buffer& buffer, std::string_view bytes, std::size_t step) {
    while (!bytes.empty()) {
        auto space = buffer.space();
        REQUIRE(!space.empty());
        auto count = std::min({space.size(), bytes.size(), step});
        std::copy_n(bytes.begin(), count, space.begin());
        buffer.commit(count);
        bytes.remove_prefix(count);
    }
}

} // namespace

TEST_CASE("a message of any length up to the limit is collected whole, in steps of any size") {
    for (std::size_t length : {0u, 1u, 255u, 256u, 257u, 4096u, 4097u, 9999u, 10000u}) {
        for (std::size_t step : {1u, 7u, 1536u, 100000u}) {
            message_buffer buffer(10000);
            std::string message;
            for (std::size_t i = 0; i < length; ++i)
                message += static_cast<char>('a' + i % 26);
            receive(buffer, message, step);
            CHECK_FALSE(buffer.too_big());
            CHECK((buffer.view() == message));
            buffer.clear();
            receive(buffer, "next", step);
            CHECK(buffer.view() == "next");
        }
    }
}

TEST_CASE("a message above the limit is noticed and not kept, and the next one is") {
    for (std::size_t limit : {0u, 10u, 256u, 5000u}) {
        message_buffer buffer(limit);
        receive(buffer, std::string(limit + 1, 'x'), 100);
        CHECK(buffer.too_big());
        CHECK(buffer.view().empty());
        receive(buffer, std::string(100'000, 'x'), 100'000);
        buffer.clear();
        CHECK_FALSE(buffer.too_big());
        receive(buffer, std::string(limit, 'y'), 100);
        CHECK_FALSE(buffer.too_big());
        CHECK(buffer.view().size() == limit);
    }
}
