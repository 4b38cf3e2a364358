// The coach with a language model that is slow, silent, rude, makes no sense, or goes: nothing changes, the
// user is told kindly, and the next turn asks again.

#include "service/openai/openai_responder.hpp"
#include "tests/service/coach_house.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/recorded_endpoint.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

using answer = recorded_endpoint::answer;

/// An answer as an endpoint streams it.
answer streamed(const json& what) {
    json chunk = {{"choices", {{{"delta", {{"content", what.dump()}}}, {"finish_reason", "stop"}}}}};
    return recorded_endpoint::stream("data: " + chunk.dump() + "\n\ndata: [DONE]\n\n");
}

answer message(const char* text, json actions = json::array()) {
    return streamed({{"message", text}, {"actions", std::move(actions)}});
}

json consent() {
    return {{{"action", "note_statement"}, {"parameters", {{"statement", "consented"}}}},
            {{"action", "save_fact"}, {"parameters", {{"key", "name"}, {"value", "Ada"}}}}};
}

/// A house whose coach is answered for by an endpoint.
struct consulting_room {
    explicit consulting_room(std::vector<answer> answers) : model(std::move(answers)) {
        service::openai::endpoint where;
        where.url = model.url();
        where.model = "small";
        where.tries = 1;
        where.silence = milliseconds(2000);
        speaker = std::make_unique<service::openai::openai_responder>(h.env, std::move(where));
        h.close();
        h.answers = speaker.get();
        h.open();
        visit = std::make_unique<coach_visit>(h, "d-1");
    }
    ~consulting_room() { h.close(); } // before who answers goes

    /// All that is said to it, when the turn has ended.
    std::string say(const char* text) {
        visit->begin(text);
        std::string heard;
        REQUIRE(h.env.pass_time_until([&] {
            heard += visit->read();
            return !heard.empty();
        }));
        return heard;
    }

    coach_house h;
    recorded_endpoint model;
    std::unique_ptr<service::openai::openai_responder> speaker;
    std::unique_ptr<coach_visit> visit;
};

} // namespace

TEST_CASE("a language model speaks for the coach, and what it decides is stored") {
    consulting_room room(
        {message("Welcome. May I keep your answers?"), message("Thank you, Ada.", consent())});
    CHECK(room.say("hello") == "Welcome. May I keep your answers? ");
    CHECK(room.say("yes, I am Ada") == "Thank you, Ada. ");
    CHECK(room.visit->results.size() == 2);
    auto facts = room.h.env.run(room.h.user.load({"coach_facts"}));
    REQUIRE(facts.has_value());
    CHECK(facts->at("coach_facts").value == json{{"name", "Ada"}});
    auto asked = room.model.asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].find("\"json_schema\"") != std::string::npos);
    CHECK(asked[1].find("May I keep your answers?") != std::string::npos);
}

TEST_CASE("whatever goes wrong with the model changes nothing, is excused, and the next turn asks again") {
    constexpr auto silence = answer::then::silence;
    auto [what, fault] = GENERATE(table<std::string, answer>(
        {{"rude", recorded_endpoint::refusal("401 Unauthorized")},
         {"busy", recorded_endpoint::refusal("503 Busy")},
         {"silent",
          recorded_endpoint::stream("data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\n", silence)},
         {"gone", answer{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"}},
         {"no HTTP", answer{"Go away.\r\n\r\n"}},
         {"no JSON", recorded_endpoint::stream("data: nonsense\n\n")},
         {"no answer's JSON",
          recorded_endpoint::stream("data: {\"choices\":[{\"delta\":{\"content\":\"Well, \"},"
                                    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")},
         {"no message", streamed({{"actions", json::array()}})},
         {"unknown action", message("Done.", {{{"action", "dance"}, {"parameters", json::object()}}})},
         {"wrong parameters",
          message("Done.", {{{"action", "save_fact"}, {"parameters", {{"key", "name"}}}}})}}));
    CAPTURE(what);
    consulting_room room({message("May I keep your answers?"), fault, message("Thank you, Ada.", consent())});
    room.say("hello");
    auto excuse = room.say("yes, I am Ada");
    CHECK(excuse.find("again") + 1 + excuse.find("once more") + 1 != 0);
    CHECK(room.visit->failed.empty());
    CHECK(room.visit->results.empty());
    CHECK(room.visit->state == "introduction");
    CHECK(room.h.env.run(room.h.user.load({"coach_facts"}))->empty());
    CHECK(room.h.env.run(room.h.coach.load_head())->value == 0);
    CHECK(room.say("yes, I am Ada") == "Thank you, Ada. ");
    CHECK(room.h.env.run(room.h.user.load({"coach_facts"}))->at("coach_facts").value["name"] == "Ada");
}
