#include "persistence/encryption/sealer.hpp"

#include "persistence/encryption/place.hpp"
#include "persistence/encryption/pseudonyms.hpp"
#include "persistence/encryption/sealed_text.hpp"
#include "persistence/error.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/manual_environment.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::persistence;
using namespace rejoinder::persistence::encryption;
using tests::manual_environment;

namespace {

named_key key(const std::string& id, char byte) {
    return {id, secret(std::string(32, byte))};
}

record_id note(std::string name) {
    return {"note", {"acme", "home", "", "ann"}, std::move(name)};
}

} // namespace

TEST_CASE("a sealed text is JSON with the id of its key, and shows nothing of what it holds") {
    manual_environment env;
    sealer texts(env, keyring({key("k1", 'a')}));
    auto sealed = texts.seal("here", "a name", R"({"secret":"sesame"})");
    CHECK(sealed.starts_with(R"({"sealed":{"key":"k1","data":")"));
    CHECK(sealed.ends_with(R"("}})"));
    CHECK(sealed.find("sesame") == std::string::npos);
    CHECK(sealed.size() <= largest_sealed(std::string_view(R"(a name{"secret":"sesame"})").size()));
    CHECK(texts.seal("here", "a name", R"({"secret":"sesame"})") != sealed);

    auto found = texts.open("here", sealed);
    REQUIRE(found);
    CHECK(found->name == "a name");
    CHECK(found->text == R"({"secret":"sesame"})");
}

TEST_CASE("any text and any name come back, one that looks sealed too") {
    manual_environment env;
    sealer texts(env, keyring({key("k1", 'a')}));
    for (const auto& text :
         {std::string(), std::string("\0x", 2), std::string(1 << 20, 'y'), texts.seal("here", "", "inner")}) {
        auto found = texts.open("here", texts.seal("here", text, text));
        REQUIRE(found);
        CHECK(found->name == text);
        CHECK(found->text == text);
    }
}

TEST_CASE("a sealed text of which any byte is another one does not open") {
    manual_environment env;
    sealer texts(env, keyring({key("k1", 'a'), key("k3", 'c')}));
    auto sealed = texts.seal("here", "", "sesame");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        for (char flip : {1, 2, 32}) {
            auto changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            CHECK_FALSE(texts.open("here", changed));
        }
        CHECK_FALSE(texts.open("here", sealed.substr(0, at)));
    }
}

TEST_CASE("a sealed text opens in its own place only") {
    manual_environment env;
    sealer texts(env, keyring({key("k1", 'a')}));
    std::vector<std::string> places{
        place_of(note("a")),
        place_of(note("b")),
        place_of({"other", note("a").scope, "a"}),
        place_of({"note", {"acme", "home", "", "bob"}, "a"}),
        place_of({"note", {"acme", "", "home", "ann"}, "a"}),
        place_of({"note", {"acm", "ehome", "", "ann"}, "a"}),
        place_of(session_id{"s1"}, "state"),
        place_of(session_id{"s1"}, "devices"),
        place_of(session_id{"s2"}, "state"),
        place_of(revision{1}, "state"),
        place_of(revision{2}, "state"),
        place_of(revision{1}, "events"),
    };
    for (const auto& from : places)
        for (const auto& to : places)
            CHECK(texts.open(to, texts.seal(from, "", "x")).has_value() == (from == to));
    CHECK(texts.open(places[0], texts.seal(places[1], "", "x")).error() == errc::corrupt);
}

TEST_CASE("a text is sealed under the first key and opened under any") {
    manual_environment env;
    sealer before(env, keyring({key("k1", 'a')}));
    sealer after(env, keyring({key("k2", 'b'), key("k1", 'a')}));
    auto old = before.seal("here", "", "x");
    CHECK(before.is_current(old));
    CHECK_FALSE(after.is_current(old));
    CHECK_FALSE(after.is_current("x"));
    CHECK(after.open("here", old)->text == "x");
    CHECK(after.is_current(after.seal("here", "", "x")));
}

TEST_CASE("a key that was not given is told by its id, and a wrong one is as good as damage") {
    manual_environment env;
    auto sealed = sealer(env, keyring({key("k1", 'a')})).seal("here", "", "x");
    CHECK(sealer(env, keyring({key("k1", 'b')})).open("here", sealed).error() == errc::corrupt);
    tests::captured_errors errors;
    CHECK(sealer(env, keyring({key("k2", 'a')})).open("here", sealed).error() == errc::missing_key);
    CHECK(errors.line() == "error key_missing key=k1");
}

TEST_CASE("a pseudonym stands for one component of one owner's key, and leads to what is below it") {
    pseudonyms names(secret(std::string(32, 'i')));
    auto list = names.of(note("shopping/")).key;
    auto milk = names.of(note("shopping/milk")).key;
    CHECK(milk == names.of(note("shopping/milk")).key);
    CHECK(milk.starts_with(list));
    CHECK(milk.size() == 32 + 1 + 32);
    CHECK(std::ranges::count(milk, '/') == 1);
    CHECK(milk.find_first_not_of("0123456789abcdef/") == std::string::npos);

    CHECK(names.of(note("todo/milk")).key.substr(33) != milk.substr(33));
    CHECK(names.of(note("milk")).key != milk.substr(33));
    auto other = note("shopping/milk");
    other.scope.person = "bob";
    CHECK(names.of(other).key.substr(0, 33) != list);
    other = note("shopping/milk");
    other.type = "other";
    CHECK(names.of(other).key.substr(0, 33) != list);
    CHECK(pseudonyms(secret(std::string(32, 'j'))).of(note("shopping/")).key != list);
}

TEST_CASE("components that are empty have no pseudonym") {
    pseudonyms names(secret(std::string(32, 'i')));
    CHECK(names.of(note("")).key.empty());
    CHECK(names.of(note("/")).key == "/");
    auto key = names.of(note("a//b/")).key;
    CHECK(key.size() == 32 + 2 + 32 + 1);
    CHECK(key.substr(32, 2) == "//");
    CHECK(key.back() == '/');
    CHECK(names.of(note("/a")).key.size() == 33);
}
