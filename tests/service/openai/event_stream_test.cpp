#include "service/openai/event_stream.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using rejoinder::service::openai::event_stream;
using texts = std::vector<std::string>;

namespace {

texts read_in_pieces(std::string_view bytes, std::size_t size) {
    texts found;
    event_stream stream([&](std::string_view data) { found.emplace_back(data); });
    for (std::size_t i = 0; i < bytes.size(); i += size)
        CHECK(stream.take(bytes.substr(i, size)));
    return found;
}

} // namespace

TEST_CASE("the data of events are read however their bytes are cut, and whatever ends their lines") {
    auto size = GENERATE(1, 2, 3, 7, 1000);
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        std::string stream = ": a comment" + end + "data: one" + end + end + "event: x" + end + "data:two" +
                             end + "data: lines" + end + "id: 4" + end + end + "data" + end + end +
                             "data: not ended" + end;
        CHECK(read_in_pieces(stream, static_cast<std::size_t>(size)) == texts{"one", "two\nlines", ""});
    }
}

TEST_CASE("a line, or an event, that does not end is refused") {
    event_stream stream([](std::string_view) {});
    CHECK(stream.take("data: " + std::string(event_stream::max_line - 6, 'x')));
    CHECK_FALSE(stream.take("x"));
    event_stream other([](std::string_view) {});
    bool taken = true;
    for (int i = 0; i < 5 && taken; ++i)
        taken = other.take("data: " + std::string(100'000, 'x') + "\n");
    CHECK_FALSE(taken);
}

TEST_CASE("an event's data are bounded with the line feeds between them") {
    std::size_t longest = 0;
    event_stream stream([&](std::string_view data) { longest = data.size(); });
    auto half = event_stream::max_line / 2;
    std::string full = "data:" + std::string(half, 'x') + "\ndata:" + std::string(half - 1, 'x') + "\n";
    CHECK(stream.take(full + "\n"));
    CHECK(longest == event_stream::max_line);
    CHECK_FALSE(stream.take(full + "data\n"));
}

TEST_CASE("a stream that was refused is refused for good, and tells of no event more") {
    texts found;
    event_stream stream([&](std::string_view data) { found.emplace_back(data); });
    CHECK_FALSE(stream.take("data: one\n\ndata: " + std::string(event_stream::max_line, 'x')));
    CHECK_FALSE(stream.take("\n\ndata: two\n\n"));
    CHECK(found.size() == 1);
}
