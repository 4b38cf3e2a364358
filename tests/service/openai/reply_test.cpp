#include "service/openai/reply.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace rejoinder;
using service::call_outcome;
using service::openai::reply;

namespace {

std::string chunk(const std::string& text) {
    return "data: " + to_text({{"choices", {{{"delta", {{"content", text}}}}}}}) + "\n\n";
}

constexpr auto stop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
constexpr auto done = "data: [DONE]\n\n";

struct read_reply {
    explicit read_reply(std::string_view body, bool as_json = false) {
        reply one([this](std::string_view more) { shown += std::string(more) + '|'; });
        wants_more = one.take(body);
        outcome = one.finish(as_json);
    }
    std::string code() const { return outcome.data.value("code", ""); }

    std::string shown;
    bool wants_more = false;
    call_outcome outcome;
};

} // namespace

TEST_CASE("a streamed answer is shown as it comes, and complete in the end") {
    read_reply read(": ping\n\n" + chunk("Good ") + chunk("morning.") + stop +
                    "data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\n" + done);
    CHECK(read.shown == "Good |morning.|");
    CHECK(read.outcome.how == call_outcome::end::done);
    CHECK(read.outcome.data ==
          json::parse(R"({"text": "Good morning.", "finish": "stop", "usage": {"total_tokens": 9}})"));
    CHECK_FALSE(read.wants_more);
}

TEST_CASE("a server that does not stream is understood as well") {
    read_reply read(R"( {"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]})");
    CHECK(read.outcome.data["text"] == "Hello.");
    CHECK(read.shown == "Hello.|");
}

TEST_CASE("an answer that was asked for as JSON is given as JSON, or has failed") {
    CHECK(read_reply(chunk(R"({"mood":)") + chunk(R"("good"})") + stop, true).outcome.data["data"] ==
          json{{"mood", "good"}});
    CHECK(read_reply(chunk("good") + stop, true).code() == "responder.malformed");
}

TEST_CASE("what is no answer is told apart") {
    CHECK(read_reply(chunk("Good ")).code() == "responder.cut");
    CHECK(read_reply("").code() == "responder.cut");
    CHECK(read_reply("data: {\"choices\": [\n\n").code() == "responder.malformed");
    CHECK(read_reply("data: 5\n\n").code() == "responder.malformed");
    CHECK(read_reply("{\"choices\": [").code() == "responder.malformed");
    CHECK(read_reply("data: {\"error\": {\"message\": \"no such model\"}}\n\n").code() ==
          "responder.refused");
    CHECK(read_reply("data: {\"error\": {\"message\": \"no such model\"}}\n\n").outcome.data["message"] ==
          "no such model");
    CHECK(read_reply("{" + std::string(1 << 20, ' ')).code() == "responder.too_long");
    CHECK(read_reply(std::string(300'000, 'x')).code() == "responder.malformed");
}

TEST_CASE("members of other kinds than they should be are passed over") {
    read_reply read("data: {\"choices\": {\"0\": 5}, \"usage\": 7}\n\ndata: {\"choices\": [7]}\n\n"
                    "data: {\"choices\": [{\"delta\": {\"content\": 5}, \"finish_reason\": []}]}\n\n" +
                    chunk("x") + stop);
    CHECK(read.outcome.data == json::parse(R"({"text": "x", "finish": "stop"})"));
}

TEST_CASE("where an answer is cut makes no difference") {
    for (const auto& body : {" \r\n" + chunk("Hello.") + stop, " " + chunk("Hello.") + done,
                             chunk("Hello.") + done + std::string(300'000, 'x')}) {
        read_reply at_once(body);
        std::string shown;
        reply in_pieces([&](std::string_view more) { shown += std::string(more) + '|'; });
        for (std::size_t i = 0; i < body.size() && in_pieces.take({&body[i], 1}); ++i) {
        }
        auto outcome = in_pieces.finish(false);
        CHECK(shown == "Hello.|");
        CHECK(at_once.shown == shown);
        CHECK(outcome.how == call_outcome::end::done);
        CHECK(at_once.outcome.how == outcome.how);
        CHECK(at_once.outcome.data == outcome.data);
    }
}
