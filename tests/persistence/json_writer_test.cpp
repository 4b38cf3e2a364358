#include "persistence/json_writer.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <limits>
#include <random>

using rejoinder::append_quoted;
using rejoinder::append_text;
using rejoinder::json;

namespace {

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string written(const json& value) {
    std::string text;
    append_text(text, value);
    return text;
}

class random_values {
public:
    explicit random_values(std::uint32_t seed) : random_(seed) {}

    json next(int depth) {
        switch (below(depth > 0 ? 8 : 6)) {
        case 0:
            return nullptr;
        case 1:
            return below(2) == 0;
        case 2:
            return static_cast<std::int64_t>(random_()) - (1LL << 31);
        case 3:
            return std::uint64_t{random_()} * random_();
        case 4:
            return static_cast<double>(random_()) / 7;
        case 5:
            return text();
        case 6: {
            auto array = json::array();
            for (auto left = below(4); left > 0; --left)
                array.push_back(next(depth - 1));
            return array;
        }
        default: {
            auto object = json::object();
            for (auto left = below(4); left > 0; --left)
                object[text()] = next(depth - 1);
            return object;
        }
        }
    }

private:
    std::uint32_t below(std::uint32_t bound) { return random_() % bound; }

    /// Any bytes, most of them letters.
    std::string text() {
        std::string made;
        for (auto left = below(20); left > 0; --left)
            made += static_cast<char>(below(4) == 0 ? below(256) : 'a' + below(26));
        return made;
    }

    std::mt19937 random_;
};

} // namespace

TEST_CASE("the writer of JSON and nlohmann's write the same bytes") {
    random_values values(7);
    for (int i = 0; i < 20'000; ++i) {
        auto value = values.next(4);
        REQUIRE(written(value) == dumped(value));
    }
}

TEST_CASE("numbers at their ends, and what JSON has no word for, are written as nlohmann writes them") {
    for (const json& value :
         {json(std::numeric_limits<std::int64_t>::min()), json(std::numeric_limits<std::int64_t>::max()),
          json(std::numeric_limits<std::uint64_t>::max()), json(0), json(-0.0), json(1.0), json(1e300),
          json(std::numeric_limits<double>::quiet_NaN()), json(std::numeric_limits<double>::infinity()),
          json(json::value_t::discarded), json::binary({1, 2, 3})})
        CHECK(written(value) == dumped(value));
}

TEST_CASE("every byte that can't stand in a JSON string is escaped, wherever it stands") {
    for (int byte = 0; byte < 128; ++byte) {
        for (std::size_t before = 0; before < 20; ++before) {
            auto text = std::string(before, 'x') + static_cast<char>(byte) + "\"behind \xc3\xa9 and \n";
            REQUIRE(written(text) == dumped(text));
            REQUIRE(json::parse(written(text)) == text);
        }
    }
}

TEST_CASE("a single byte that can't stand in a JSON string is found in texts of every length") {
    for (char byte : {'\0', '\x1f', '"', '\\'})
        for (std::size_t before = 0; before < 20; ++before)
            for (std::size_t behind = 0; behind < 20; ++behind) {
                auto text = std::string(before, ' ') + byte + std::string(behind, '\x7f');
                REQUIRE(written(text) == dumped(text));
            }
}

TEST_CASE("bytes that are no UTF-8 are replaced in a text and in a member's name") {
    for (std::string text : {"\xff", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98\x80 fine \x80"}) {
        CHECK(written(text) == dumped(text));
        CHECK(written({{text, 1}}) == dumped({{text, 1}}));
    }
}

TEST_CASE("a text is appended to what is there") {
    std::string text = "{\"text\":";
    append_quoted(text, "\"so\"");
    CHECK(text == R"({"text":"\"so\"")");
}
