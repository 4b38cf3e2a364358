#include "service/openai/openai_responder.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/recorded_endpoint.hpp"

#include <optional>

using namespace rejoinder;
using namespace rejoinder::service;
using tests::manual_environment;
using tests::recorded_endpoint;

namespace {

constexpr auto hello =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"lo.\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";
constexpr auto half = "data: {\"choices\":[{\"delta\":{\"content\":\"Perhaps\"}}]}\n\n";
constexpr auto silence = recorded_endpoint::answer::then::silence;

/// Asks one question and waits for its end, which is the test's to bound.
struct asking_once {
    asking_once(std::vector<recorded_endpoint::answer> answers, json input, openai::endpoint where = {})
        : server(std::move(answers)) {
        where.url = server.url() + "/"; // as people write it
        where.model = "small";
        where.silence = milliseconds(1000);
        speaker.emplace(env, std::move(where));
        open = speaker->ask({"s-1/a1", std::move(input), std::chrono::hours(24)},
                            {[this](std::string_view more) { shown += more; },
                             [this] {
                                 shown.clear();
                                 ++restarts;
                             },
                             [this](call_outcome how) { outcome = std::move(how); }});
    }

    void wait() {
        REQUIRE(env.pass_time_until([this] { return outcome.has_value(); }));
    }
    std::string code() {
        wait();
        return outcome->data.value("code", "");
    }

    manual_environment env;
    recorded_endpoint server;
    std::optional<openai::openai_responder> speaker;
    std::unique_ptr<responder::asking> open;
    std::string shown;
    int restarts = 0;
    std::optional<call_outcome> outcome;
};

const json morning{{"prompt", "Be brief."}, {"say", "Good morning"}};

} // namespace

TEST_CASE("a question is asked as chat endpoints want it, and its answer is shown as it comes") {
    openai::endpoint where;
    where.key = secret("sk-test");
    asking_once one({recorded_endpoint::stream(hello)}, morning, where);
    one.wait();
    CHECK(one.shown == "Hello.");
    CHECK(one.outcome->data == json::parse(R"({"text": "Hello.", "finish": "stop"})"));
    REQUIRE(one.server.asked().size() == 1);
    auto asked = one.server.asked()[0];
    CHECK(asked.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
    CHECK(asked.find("Authorization: Bearer sk-test\r\n") != std::string::npos);
    CHECK(asked.find("Idempotency-Key: s-1/a1\r\n") != std::string::npos);
    auto body = json::parse(asked.substr(asked.find("\r\n\r\n") + 4));
    CHECK(body == json::parse(R"({"model": "small", "stream": true, "max_tokens": 1024, "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Good morning"}]})"));
}

TEST_CASE("what may pass is tried again, under the same key, and what was shown of it is void") {
    asking_once one({recorded_endpoint::refusal("503 Busy"), recorded_endpoint::stream(half),
                     recorded_endpoint::stream(hello)},
                    morning);
    one.wait();
    CHECK(one.outcome->data["text"] == "Hello.");
    CHECK(one.restarts == 1);
    CHECK(one.shown == "Hello.");
    auto asked = one.server.asked();
    REQUIRE(asked.size() == 3);
    for (const auto& request : asked)
        CHECK(request.find("Idempotency-Key: s-1/a1\r\n") != std::string::npos);
}

TEST_CASE("an endpoint that says when to come back is believed") {
    asking_once one(
        {recorded_endpoint::refusal("429 Slow down", "Retry-After: 7\r\n"), recorded_endpoint::stream(hello)},
        morning);
    auto before = one.env.steady_now();
    one.wait();
    CHECK(one.outcome->data["text"] == "Hello.");
    CHECK(one.env.steady_now() - before >= milliseconds(7000));
}

TEST_CASE("an endpoint that is slow, silent, rude or gone has a word for each") {
    using endpoint = recorded_endpoint;
    openai::endpoint once;
    once.tries = 1;
    CHECK(asking_once({endpoint::refusal("401 Who are you")}, morning).code() == "responder.refused");
    CHECK(asking_once({endpoint::refusal("500 Oh")}, morning, once).code() == "responder.overloaded");
    CHECK(asking_once({endpoint::stream(half)}, morning, once).code() == "responder.cut");
    CHECK(asking_once({endpoint::stream(half, silence)}, morning, once).code() == "responder.silent");
    CHECK(asking_once({endpoint::stream("data: {\"choices\"\n\n", silence)}, morning, once).code() ==
          "responder.malformed");
    CHECK(asking_once({{"nonsense\r\n\r\n"}}, morning, once).code() == "responder.broken");
    CHECK(asking_once({{""}}, morning, once).code() == "responder.broken");
    CHECK(asking_once({endpoint::stream(std::string(300'000, 'x'), silence)}, morning, once).code() ==
          "responder.malformed");
}

TEST_CASE("where nobody listens nobody answers") {
    manual_environment env;
    openai::endpoint where;
    where.tries = 1;
    {
        recorded_endpoint gone({});
        where.url = gone.url();
    }
    openai::openai_responder speaker(env, where);
    std::optional<call_outcome> outcome;
    auto open = speaker.ask({"k", morning, std::chrono::hours(24)},
                            {[](std::string_view) {}, [] {}, [&](call_outcome how) { outcome = how; }});
    REQUIRE(env.pass_time_until([&] { return outcome.has_value(); }));
    CHECK(outcome->data["code"] == "responder.unreachable");
}

TEST_CASE("a question that nobody wants any more is heard of no more") {
    asking_once one({recorded_endpoint::stream(half, silence)}, morning);
    REQUIRE(one.env.pass_time_until([&] { return !one.shown.empty(); }));
    one.open.reset();
    one.env.advance(std::chrono::minutes(2));
    CHECK_FALSE(one.outcome);
}

TEST_CASE("what is no question is not asked") {
    openai::endpoint where;
    for (const auto* input :
         {"5", "{}", R"({"say": 5})", R"({"messages": {}})", R"({"messages": [{"role": "user"}]})"})
        CHECK_FALSE(openai::to_request(where, json::parse(input)));
    asking_once one({}, json::object());
    CHECK(one.code() == "responder.bad_question");
}

TEST_CASE("a question brings its conversation, its schema and its bounds") {
    openai::endpoint where;
    where.tokens = 100;
    auto body =
        openai::to_request(where, json::parse(R"({"messages": [{"role": "user", "content": "Hi", "name": "x"},
        {"role": "assistant", "content": "Hello"}], "say": "And?", "tokens": 5000, "temperature": 0.5,
        "schema": {"type": "object"}})"));
    REQUIRE(body);
    CHECK((*body)["messages"] == json::parse(R"([{"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "And?"}])"));
    CHECK((*body)["max_tokens"] == 100);
    CHECK((*body)["temperature"] == 0.5);
    CHECK((*body)["response_format"]["json_schema"]["schema"] == json{{"type", "object"}});
}
