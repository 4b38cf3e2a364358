#include "context/conversation.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;
using context::conversation;
using context::speaker;

namespace {

context::message said(std::string text, speaker by = speaker::user) {
    return {by, std::move(text), turn_id{"t-1"}, from_unix(1766400000000)};
}

std::size_t bytes_of(const conversation& talk) {
    std::size_t bytes = 0;
    for (const auto& m : talk.window())
        bytes += m.text.size();
    return bytes;
}

conversation talk_of_two() {
    conversation talk;
    talk.add(said("Hello."));
    talk.add({speaker::machine, "Good morning.", {}, from_unix(1766400000001)});
    return talk;
}

/// Whether the restore was refused and left nothing of what was there before.
bool refused(const json& stored) {
    auto talk = talk_of_two();
    return !conversation::restore(stored, talk) && talk.window().empty() && talk.count() == 0;
}

} // namespace

TEST_CASE("a conversation keeps the latest messages in order and counts the ones that left") {
    conversation talk;
    for (int i = 1; i <= 25; ++i)
        talk.add(said(std::to_string(i)));
    REQUIRE(talk.window().size() == conversation::max_messages);
    CHECK(talk.window().front().text == "14");
    CHECK(talk.window().back().text == "25");
    CHECK(talk.count() == 25);
}

TEST_CASE("messages that together hold exactly the bytes of the bound all stay, one byte more lets the "
          "oldest go") {
    conversation talk;
    std::string half(conversation::max_bytes / 2, 'a');
    talk.add(said(half));
    talk.add(said(half));
    CHECK(talk.window().size() == 2);
    talk.add(said("b"));
    REQUIRE(talk.window().size() == 2);
    CHECK(talk.window().back().text == "b");
    CHECK(bytes_of(talk) == half.size() + 1);
}

TEST_CASE("a text as long as the bound stays whole and alone, a longer one by its beginning") {
    conversation talk;
    talk.add(said("before"));
    talk.add(said(std::string(conversation::max_bytes, 'x')));
    REQUIRE(talk.window().size() == 1);
    talk.add(said(std::string(conversation::max_bytes, 'y') + "z"));
    REQUIRE(talk.window().size() == 1);
    CHECK(talk.window().back().text == std::string(conversation::max_bytes, 'y'));
    CHECK(talk.count() == 3);
}

TEST_CASE("a long text is cut between characters, wherever the bound falls within one") {
    // One to four bytes: U+007A, U+00E9, U+20AC, U+1F600.
    std::string character = GENERATE("z", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80");
    for (std::size_t before = 0; before <= character.size(); ++before) {
        std::string text(conversation::max_bytes - before, 'a');
        auto beginning = text;
        conversation talk;
        talk.add(said(text + character + "tail"));
        if (before >= character.size()) beginning += character;
        auto kept = talk.window().back().text.substr(0, beginning.size());
        CHECK((kept == beginning));
        CHECK(talk.window().back().text.size() <= conversation::max_bytes);
        if (before < character.size()) CHECK(talk.window().back().text.size() == beginning.size());
    }
}

TEST_CASE("a long text of nothing but continuation bytes leaves no text and harms nobody") {
    conversation talk;
    talk.add(said(std::string(conversation::max_bytes + 1, '\x80')));
    CHECK(talk.window().back().text.empty());
    CHECK(talk.count() == 1);
}

TEST_CASE("an empty text is a message like any other") {
    conversation talk;
    talk.add(said(""));
    CHECK(talk.window().size() == 1);
    CHECK(talk.count() == 1);
}

TEST_CASE("a conversation is restored as it was stored: speakers, turns, times and the count") {
    auto talk = talk_of_two();
    for (int i = 0; i < 30; ++i)
        talk.add(said(std::to_string(i), i % 2 ? speaker::user : speaker::machine));
    conversation restored;
    REQUIRE(conversation::restore(json::parse(talk.serialise()), restored));
    CHECK(json::parse(restored.serialise()) == json::parse(talk.serialise()));
    CHECK(restored.count() == 32);

    auto two = talk_of_two();
    REQUIRE(conversation::restore(json::parse(two.serialise()), restored));
    CHECK(restored.window()[0].by == speaker::user);
    CHECK(restored.window()[0].turn == turn_id{"t-1"});
    CHECK(restored.window()[0].at == from_unix(1766400000000));
    CHECK(restored.window()[1].by == speaker::machine);
    CHECK(restored.window()[1].turn.empty());
}

TEST_CASE("a conversation that was never held is restored as one") {
    conversation restored = talk_of_two();
    REQUIRE(conversation::restore(json::parse(conversation().serialise()), restored));
    CHECK(restored.window().empty());
    CHECK(restored.count() == 0);
}

TEST_CASE("a restored conversation keeps to its bounds from there on") {
    conversation talk;
    talk.add(said(std::string(conversation::max_bytes, 'x')));
    conversation restored;
    REQUIRE(conversation::restore(json::parse(talk.serialise()), restored));
    restored.add(said("y"));
    CHECK(restored.window().size() == 1);
    CHECK(restored.window().back().text == "y");
}

TEST_CASE("what is no stored conversation is refused and leaves an empty one") {
    auto good = json::parse(talk_of_two().serialise());
    CHECK(refused(nullptr));
    CHECK(refused("text"));
    CHECK(refused(json::array()));
    CHECK(refused(json::object()));
    for (const auto* member : {"count", "messages"}) {
        for (const json& wrong : {json(nullptr), json("x"), json(-1), json(1.5), json(json::object())}) {
            auto bad = good;
            bad[member] = wrong;
            INFO(bad.dump());
            CHECK(refused(bad));
        }
        auto bad = good;
        bad.erase(member);
        CHECK(refused(bad));
    }
    auto fewer = good;
    fewer["count"] = 1;
    CHECK(refused(fewer));
}

TEST_CASE("one damaged message among good ones makes the whole refused") {
    auto good = json::parse(talk_of_two().serialise());
    for (const auto* member : {"by", "text", "at", "turn"}) {
        auto bad = good;
        bad["messages"][1][member] = json::array();
        INFO(bad.dump());
        CHECK(refused(bad));
    }
    auto stranger = good;
    stranger["messages"][1]["by"] = "nobody";
    CHECK(refused(stranger));
    auto no_object = good;
    no_object["messages"][1] = 7;
    CHECK(refused(no_object));
}

// ---- its place in the log

namespace {

std::string array_of(std::initializer_list<context::message> all) {
    std::string text = "[";
    for (const auto& m : all) {
        if (text.size() > 1) text += ',';
        append_text(text, m);
    }
    return text + ']';
}

constexpr persistence::log_position place(std::uint64_t last) {
    return {last, {last}};
}

} // namespace

TEST_CASE("a conversation that the log has as it stands begins where its oldest message lies there") {
    conversation talk;
    CHECK_FALSE(talk.logged()); // nothing is said
    talk.add(said("one"));
    talk.add(said("two"));
    CHECK_FALSE(talk.logged());
    talk.note_logged(place(1), array_of({said("one"), said("two")}));
    REQUIRE(talk.logged());
    CHECK(talk.logged()->since == place(1));
    CHECK(talk.logged()->skip == 1);

    talk.note_logged(place(2), "[]");
    CHECK(talk.logged()->since == place(1));
    for (int i = 3; i <= 13; ++i) {
        talk.add(said(std::to_string(i)));
        CHECK_FALSE(talk.logged());
        talk.note_logged(place(static_cast<std::uint64_t>(i)), array_of({said(std::to_string(i))}));
    }
    REQUIRE(talk.logged()); // "one" has left, and begins the same entry
    CHECK(talk.logged()->since == place(1));
    CHECK(talk.logged()->skip == array_of({said("one")}).size());
}

TEST_CASE("messages that left the window in the turn that said them are passed over in its entry") {
    conversation talk;
    std::string messages = "[";
    for (int i = 0; i < 15; ++i) {
        auto m = said(std::to_string(i));
        talk.add(m);
        if (i > 0) messages += ',';
        append_text(messages, m);
    }
    talk.note_logged(place(4), messages + ']');
    REQUIRE(talk.logged());
    CHECK(messages.substr(talk.logged()->skip).starts_with(array_of({said("3")}).substr(1, 10)));
    auto window = talk.serialise();
    CHECK(window.find(messages.substr(talk.logged()->skip)) != window.npos);
}

TEST_CASE("a conversation of which the log says something else is not in the log") {
    conversation talk;
    talk.add(said("one"));
    talk.note_logged(place(1), array_of({said("one")}));
    REQUIRE(talk.logged());
    SECTION("an entry has more than was said") {
        talk.add(said("two"));
        talk.note_logged(place(2), array_of({said("what?"), said("two")}));
    }
    SECTION("an entry has what was not said at all") {
        talk.note_logged(place(2), array_of({said("what?")}));
    }
    SECTION("an entry has it in other words") {
        talk.add(said("two"));
        talk.note_logged(place(2), array_of({said("TWO")}));
    }
    SECTION("an entry has the whole of what is kept by its beginning") {
        auto longer = said(std::string(conversation::max_bytes + 1, 'x'));
        talk.add(longer);
        talk.note_logged(place(2), array_of({longer}));
    }
    CHECK_FALSE(talk.logged());
}

TEST_CASE("a conversation that was restored is in the log again once all of it was said since") {
    auto before = talk_of_two();
    conversation talk;
    REQUIRE(conversation::restore(parse_json(before.serialise(), stored_limits).value, talk));
    for (std::uint64_t i = 1; i <= conversation::max_messages; ++i) {
        CHECK_FALSE(talk.logged());
        talk.add(said(std::to_string(i)));
        talk.note_logged(place(i), array_of({said(std::to_string(i))}));
    }
    REQUIRE(talk.logged());
    CHECK(talk.logged()->since == place(1));
}
