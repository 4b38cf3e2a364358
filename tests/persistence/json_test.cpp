#include "persistence/json.hpp"

#include "tests/support/catch.hpp"

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace rejoinder;
using namespace std::string_view_literals;
using reason = json_error::reason;

namespace {

reason refused(std::string_view text, const json_limits& limits = {}) {
    auto parsed = parse_json(text, limits);
    INFO(text.substr(0, 100));
    REQUIRE(parsed.error);
    CHECK(parsed.value.is_null());
    CHECK_FALSE(parsed.error->message.empty());
    return parsed.error->why;
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("a document is parsed as it was written") {
    auto parsed = parse_json(R"( {"a":[1,-2,3.5,true,null,"x"],"b":{"":"é 😀 \u00e9 \ud83d\ude00"}} )");
    REQUIRE(parsed);
    json expected = {{"a", {1, -2, 3.5, true, nullptr, "x"}}, {"b", {{"", "é 😀 é 😀"}}}};
    CHECK(parsed.value == expected);
}

TEST_CASE("a document may be a single value") {
    auto text = GENERATE(as<std::string>(), "null", "true", "0", "-0.5e3", "\"\"", "[]", "{}");
    CHECK(parse_json(text));
}

TEST_CASE("a text means the same whether it is read at once or by the parser that knows everything") {
    std::string texts[] = {"0",          "-0",      "-1",         "01",
                           "-01",        "-",       "1x",         "1.0",
                           "1e3",        "-1E-2",   "1 ",         "\r\n\t 7",
                           "tru",        "nulll",   "true",       "{}",
                           "[ ]",        "[1,]",    "[1 2]",      "{\"a\":1,\"a\":2}",
                           "{\"a\" :1}", "{\"a\"}", "{\"a\":1,}", "{\"a\":{\"b\":[{},[]]}}",
                           "{1:2}",      "\"",      "\"\x7f\"",   "\"\x1f\"",
                           "\"\xff\"",   "[0,\"\\", "\"\\\"",     "\"\\u12"};
    std::vector<std::string> all(std::begin(texts), std::end(texts));
    for (std::uint64_t number :
         {999999999999999999U, 1000000000000000000U, 9223372036854775808U, 18446744073709551615U})
        for (auto sign : {"", "-"})
            all.push_back(sign + std::to_string(number));
    all.push_back("18446744073709551616");
    for (std::size_t before = 0; before < 20; ++before)
        for (auto what : {"", "\xc3\xa9", "\xc3", "\n", "\xf0\x9f\x98\x80", R"(\n)", R"(\\)", "\xc3\\u00a9",
                          R"(\u20ac\t\u00e9)"})
            all.push_back('"' + std::string(before, 'x') + what + "behind it\"");
    for (int byte = 0; byte < 256; ++byte)
        all.push_back(std::string("\"\\") + static_cast<char>(byte) + "\"");
    for (auto unit : {"0000", "0001", "007F", "0080", "07ff", "0800", "D7FF", "d800", "dbFF", "dc00", "DFFF",
                      "e000", "ffff", "12", "12g4", "+123", " 123", "-001", "0x12"})
        for (auto next :
             {"", R"(\udc00)", R"(\uDFFF)", R"(\ud800)", R"(\ue000)", R"(\n)", R"(\u)", "u", "\\"})
            all.push_back(std::string(R"("\u)") + unit + next + '"');

    for (const auto& text : all) {
        INFO(text);
        auto at_once = parse_json(text);
        auto with_fraction = parse_json("[" + text + ",0.5]"); // which is never read at once
        REQUIRE(at_once.error.has_value() == with_fraction.error.has_value());
        if (!at_once) continue;
        CHECK(at_once.value == with_fraction.value[0]);
        CHECK(at_once.value.type() == with_fraction.value[0].type());
    }
}

TEST_CASE("what is no JSON is refused") {
    auto text =
        GENERATE(as<std::string>(), "", " ", "{", "[1,]", "{\"a\":}", "{a:1}", "'a'", "01", "+1", "1.", ".5",
                 "nul", "True", "[1] x", "{} {}", "\"a", "\"\t\"", "\"\\x\"", "// no\n1", "NaN", "Infinity");
    CHECK(refused(text) == reason::malformed);
}

TEST_CASE("texts that readers understand differently are refused") {
    CHECK(refused(R"({"a":1,"b":2,"a":3})") == reason::duplicate_key);
    CHECK(refused(R"({"a":{"b":1,"\u0062":2}})") == reason::duplicate_key);
    CHECK(refused("1e999") == reason::malformed);
    CHECK(refused("[-1e999]") == reason::malformed);
    CHECK(refused(R"("a\u0000b")") == reason::malformed);
    CHECK(refused(R"({"a\u0000":1})") == reason::malformed);
    CHECK(refused(R"("\ud800")") == reason::malformed);
    CHECK(refused(R"("\udc00\ud800")") == reason::malformed);
    CHECK(refused("\"\xff\"") == reason::malformed);
    CHECK(refused("\"\xc0\x80\"") == reason::malformed);
    CHECK(refused("\"\xed\xa0\x80\"") == reason::malformed);
    for (auto text : {"{}\0"sv, "0\0{}"sv, "[0.5]\0x"sv, "\0"sv, " \0 1"sv, "[1,\0 2]"sv})
        CHECK(refused(text) == reason::malformed);
}

TEST_CASE("a document is refused one level, member or value above its limits and accepted at them") {
    json_limits limits{4, 3, 10};
    CHECK(parse_json(nested(4), limits));
    CHECK(refused(nested(5), limits) == reason::too_deep);
    CHECK(parse_json(R"({"a":1,"b":2,"c":3})", limits));
    CHECK(refused(R"({"a":1,"b":2,"c":3,"d":4})", limits) == reason::too_many_members);
    CHECK(parse_json("[1,2,3,4,5,6,7,8,9]", limits));
    CHECK(refused("[1,2,3,4,5,6,7,8,9,10]", limits) == reason::too_large);
}

TEST_CASE("a document that is nested a million times is refused at its limit, not by the stack") {
    CHECK(refused(std::string(1'000'000, '[')) == reason::too_deep);
}

TEST_CASE("an error message holds nothing of the input") {
    auto parsed = parse_json(R"({"secret-token-123":1,"secret-token-123":2})");
    REQUIRE(parsed.error);
    CHECK(parsed.error->message.find("secret") == std::string::npos);
    parsed = parse_json("[secret]");
    REQUIRE(parsed.error);
    CHECK(parsed.error->message.find("secret") == std::string::npos);
    CHECK(parsed.error->offset == 2);
}

TEST_CASE("a value becomes one line, and bytes that are no text become a replacement character") {
    json value = {{"a", "line\nbreak"}, {"b", {1, 2}}};
    CHECK(to_text(value) == R"({"a":"line\nbreak","b":[1,2]})");
    CHECK(to_text(json("a\xff")) == "\"a\xEF\xBF\xBD\"");
}

TEST_CASE("a pointer finds what RFC 6901 says") {
    auto parsed = parse_json(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"~1":9,"o":{"0":"zero"}})");
    REQUIRE(parsed);
    const auto& value = parsed.value;
    auto at = [&](std::string_view pointer) {
        const auto* found = find_pointer(value, pointer);
        return found ? *found : json("nothing");
    };
    CHECK(find_pointer(value, "") == &value);
    CHECK(at("/foo/0") == "bar");
    CHECK(at("/foo/1") == "baz");
    CHECK(at("/") == 0);
    CHECK(at("/a~1b") == 1);
    CHECK(at("/m~0n") == 8);
    CHECK(at("/~01") == 9);
    CHECK(at("/o/0") == "zero");
    for (const auto* pointer : {"foo", "/foo/2", "/foo/-", "/foo/01", "/foo/", "/foo/0/x", "/none", "/m~2n",
                                "/a~", "/foo/99999999999999999999", "/foo/+1"})
        CHECK(at(pointer) == "nothing");
}
