#include "context/turn_context.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using context::conversation;
using context::speaker;
using context::turn_context;

namespace {

const utc_time now = from_unix(1766400000000);

turn_context fresh_turn() {
    return {now, turn_id{"t-7"}, conversation()};
}

} // namespace

TEST_CASE("a turn continues the conversation before it and leaves the original alone") {
    conversation before;
    before.add({speaker::machine, "Hello.", {}, now});
    turn_context turn(now, turn_id{"t-7"}, before);
    turn.hear("hi");
    turn.show("say", {{"text", "How are you?"}});

    CHECK(before.window().size() == 1);
    const auto& window = turn.talk().window();
    REQUIRE(window.size() == 3);
    CHECK(window[0].text == "Hello.");
    CHECK(window[1].by == speaker::user);
    CHECK(window[1].text == "hi");
    CHECK(window[2].by == speaker::machine);
    CHECK(window[2].text == "How are you?");
    CHECK(window[2].turn == turn_id{"t-7"});
    CHECK(window[2].at == now);
}

TEST_CASE("the log gets what was said in the turn and nothing from before it") {
    conversation before;
    before.add({speaker::machine, "Hello.", {}, now});
    turn_context turn(now, turn_id{"t-7"}, before);
    CHECK(json::parse(turn.take_messages()) == json::array());
    turn.hear("hi");
    turn.show("ask", {{"text", "Your name?"}});
    auto at = to_unix(now);
    json expected = {{{"by", "user"}, {"text", "hi"}, {"at", at}, {"turn", "t-7"}},
                     {{"by", "machine"}, {"text", "Your name?"}, {"at", at}, {"turn", "t-7"}}};
    CHECK(json::parse(turn.take_messages()) == expected);
}

TEST_CASE("the log gets a long text whole, the conversation its beginning") {
    auto turn = fresh_turn();
    std::string lengthy(conversation::max_bytes + 1, 'x');
    turn.hear(lengthy);
    CHECK((json::parse(turn.take_messages())[0]["text"] == lengthy));
    CHECK(turn.talk().window()[0].text.size() == conversation::max_bytes);
}

TEST_CASE("what happens without a turn is said without one") {
    turn_context turn(now, {}, conversation());
    turn.show("say", {{"text", "Hello."}});
    CHECK_FALSE(json::parse(turn.take_messages())[0].contains("turn"));
}

TEST_CASE("everything is shown in order, but only a say or an ask with a text is said") {
    auto turn = fresh_turn();
    turn.show("notice", {{"text", "The light is on."}});
    turn.show("say", {{"sound", "chime"}});
    turn.show("say", {{"text", 5}});
    turn.show("ask", "no object");
    turn.show("say", {{"text", "Done."}});
    std::string kinds;
    for (const auto& shown : turn.shown_events())
        kinds += shown.kind + " ";
    CHECK(kinds == "notice say say ask say ");
    CHECK(turn.shown_events()[0].data["text"] == "The light is on.");
    auto messages = json::parse(turn.take_messages());
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["text"] == "Done.");
}

TEST_CASE("the question that stands open is the last one asked") {
    auto turn = fresh_turn();
    CHECK_FALSE(turn.question());
    turn.show("say", {{"text", "Let me see."}});
    CHECK_FALSE(turn.question());
    turn.show("ask", {{"text", "First?"}});
    turn.show("ask", {{"text", "Second?"}, {"expect", "name"}});
    turn.show("say", {{"text", "Take your time."}});
    REQUIRE(turn.question());
    CHECK(*turn.question() == json{{"text", "Second?"}, {"expect", "name"}});
}

TEST_CASE("of a user's data the last word on a key counts") {
    auto turn = fresh_turn();
    turn.remember("name", "Ann");
    turn.remember("name", "Bea");
    turn.remember("age", 7);
    turn.forget("age");
    turn.forget("town");
    turn.remember("town", nullptr);
    const auto& data = turn.user_data();
    REQUIRE(data.size() == 3);
    CHECK(data.at("name") == std::optional<json>("Bea"));
    CHECK(data.at("age") == std::nullopt);
    CHECK(data.at("town").has_value());
    CHECK(data.at("town")->is_null());
}
