#include "context/context_value.hpp"
#include "tests/support/catch.hpp"

using rejoinder::json;
using rejoinder::context::context_value;

namespace {

context_value parsed(std::string_view text) {
    context_value value;
    REQUIRE(context_value::parse(text, value));
    return value;
}

} // namespace

TEST_CASE("a new context is the empty object") {
    context_value value;
    CHECK(value.serialise() == "{}");
    CHECK(value.size() == 2);
    CHECK(value.to_json() == json::object());
}

TEST_CASE("members that nobody changes keep the bytes that they were stored as") {
    auto stored = R"({"a":1.50,"b":{"x":[1,2,"}\"]"]},"c":"\u00e9, {"})";
    auto value = parsed(stored);
    CHECK(value.at("/b/x/2") == "}\"]");
    CHECK(value.at("/a") == 1.5);
    REQUIRE(value.set("/d", true));
    CHECK(value.serialise() == R"({"a":1.50,"b":{"x":[1,2,"}\"]"]},"c":"\u00e9, {","d":true})");
}

TEST_CASE("only the member that changed is written anew") {
    auto value = parsed(R"({"kept":1e2,"list":[1, 2]})");
    REQUIRE(value.set("/list/0", 9));
    CHECK(value.serialise() == R"({"kept":1e2,"list":[9,2]})");
}

TEST_CASE("spaces around the members of a stored context are no part of them") {
    CHECK(parsed(" { \"a\" : [ 1 ] , \"b\" : null } ").serialise() == R"({"a":[ 1 ],"b":null})");
}

TEST_CASE("a text that is no object is refused and leaves an empty context") {
    for (auto text : {"", "[]", "1", "nonsense", "{\"a\":}", "{\"a\":1", "{\"a\":1,\"a\":2}"}) {
        context_value value(json{{"before", 1}});
        CHECK_FALSE(context_value::parse(text, value));
        CHECK(value.serialise() == "{}");
    }
}

TEST_CASE("what is not there reads as null, and contains tells it from a null that is there") {
    context_value value(json{{"none", nullptr}, {"text", "abc"}});
    CHECK(value.at("/missing").is_null());
    CHECK(value.at("/text/0").is_null());
    CHECK(value.at("").is_null());
    CHECK(value.at("text").is_null());
    CHECK(value.contains("/none"));
    CHECK_FALSE(value.contains("/missing"));
    CHECK_FALSE(value.contains("/none/deeper"));
}

TEST_CASE("a name with a slash or a tilde is reached by its escaped pointer") {
    context_value value;
    REQUIRE(value.set("/a~1b/c~0d", 1));
    CHECK(value.to_json() == json{{"a/b", {{"c~d", 1}}}});
    CHECK(value.at("/a~1b/c~0d") == 1);
    CHECK_FALSE(value.set("/a~2", 1));
}

TEST_CASE("setting makes the objects on the way, also in place of null") {
    context_value value(json{{"empty", nullptr}});
    REQUIRE(value.set("/a/b/c", 1));
    REQUIRE(value.set("/empty/x", 2));
    CHECK(value.to_json() == json{{"a", {{"b", {{"c", 1}}}}}, {"empty", {{"x", 2}}}});
}

TEST_CASE("an array grows by a dash or by its own size, and never leaves a gap") {
    context_value value(json{{"list", {1}}});
    REQUIRE(value.set("/list/-", 2));
    REQUIRE(value.set("/list/2", 3));
    REQUIRE(value.set("/list/-/name", "four"));
    CHECK(value.at("/list") == json{1, 2, 3, {{"name", "four"}}});
    CHECK_FALSE(value.set("/list/9", 0));
    CHECK_FALSE(value.set("/list/01", 0));
    CHECK_FALSE(value.set("/list/x", 0));
    CHECK(value.at("/list").size() == 4);
}

TEST_CASE("a set that cannot be made changes nothing") {
    context_value value(json{{"text", "abc"}, {"list", {1}}});
    auto before = value.serialise();
    CHECK_FALSE(value.set("", 1));
    CHECK_FALSE(value.set("text", 1));
    CHECK_FALSE(value.set("/text/deeper", 1));
    CHECK_FALSE(value.set("/new/a~", 1));
    CHECK_FALSE(value.set("/list/-/a~", 1));
    CHECK(value.serialise() == before);
}

TEST_CASE("erasing tells whether there was something") {
    context_value value(json{{"a", {{"b", 1}, {"c", 2}}}, {"list", {1, 2, 3}}});
    CHECK(value.erase("/a/b"));
    CHECK(value.erase("/list/1"));
    CHECK_FALSE(value.erase("/a/b"));
    CHECK_FALSE(value.erase("/list/7"));
    CHECK_FALSE(value.erase("/nothing"));
    CHECK_FALSE(value.erase(""));
    CHECK(value.serialise() == R"({"a":{"c":2},"list":[1,3]})");
    CHECK(value.erase("/a"));
    CHECK_FALSE(value.contains("/a"));
}

TEST_CASE("the size is the length of the serialised text") {
    context_value value(json{{"a\"b", "\u00e9"}, {"c", {1, 2}}});
    CHECK(value.size() == value.serialise().size());
    REQUIRE(value.set("/c/-", "more"));
    CHECK(value.size() == value.serialise().size());
}

TEST_CASE("a copy and its original go their own ways") {
    context_value original(json{{"list", {1}}});
    auto copy = original;
    REQUIRE(copy.set("/list/-", 2));
    CHECK(original.serialise() == R"({"list":[1]})");
    original = copy;
    REQUIRE(copy.erase("/list"));
    CHECK(original.serialise() == R"({"list":[1,2]})");
}

TEST_CASE("compacting changes nothing that can be read") {
    context_value value(json{{"list", {1}}});
    REQUIRE(value.set("/list/-", 2));
    auto before = value.serialise();
    value.compact();
    CHECK(value.serialise() == before);
    CHECK(value.at("/list/1") == 2);
}

TEST_CASE("a context survives any sequence of being stored and read again") {
    context_value value(
        json{{"text", "line\nbreak \\ \" \u2603"}, {"deep", {{"a", {{{"b", json::array()}}}}}}});
    auto again = parsed(value.serialise());
    CHECK(again.to_json() == value.to_json());
    CHECK(again.serialise() == value.serialise());
}

TEST_CASE("a context is too large from the first byte above its bound, however it is written") {
    // A quotation mark takes two bytes as text, and a reader of a bound may count six.
    auto unit = std::string(GENERATE("a", "\"", "\xc3\xa9", "\x01"));
    auto of_unit = json(unit).dump().size() - 2;
    auto room = context_value::max_size - context_value(json{{"t", ""}}).size();
    std::string text;
    while (text.size() / unit.size() < room / of_unit)
        text += unit;
    text += std::string(room % of_unit, 'a');
    context_value value(json{{"t", text}});
    REQUIRE(value.size() == context_value::max_size);
    CHECK_FALSE(value.is_too_large());
    value.compact();
    CHECK_FALSE(value.is_too_large());
    REQUIRE(value.set("/t", text + "a"));
    CHECK(value.is_too_large());
}

TEST_CASE("a number keeps the bytes that it was stored as in a copy that was read") {
    auto value = parsed(R"({"a":1.50})");
    CHECK(value.at("/a") == 1.5);
    auto copy = value;
    copy.compact();
    CHECK(copy.at("/a") == 1.5);
    CHECK(copy.serialise() == R"({"a":1.50})");
}
