// What the log must never hold, at its most talkative.

#include "service/client/session_client.hpp"
#include "service/replay/inputs.hpp"
#include "tests/e2e/logged_server.hpp"
#include "tests/e2e/replayed.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"

#include <set>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// What must not be in a log, by the name under which a failure reports it.
struct secrets {
    std::vector<std::pair<std::string, std::string>> all;

    void add(const std::string& what, const std::string& secret) {
        REQUIRE(secret.size() >= 4); // shorter ones are in every text
        all.emplace_back(what, secret);
    }
};

/// Converses over two connections, the second of which resumes with the token of the first.
void converse(const std::string& url, secrets& into) {
    real_environment world;
    service::session_client client(world.env(), url, {"a-device", "", "", "", 0, 0});
    for (const std::string said : {"my cat is called Ozymandias", "my sister lives in Ulaanbaatar"}) {
        auto welcome = world.get(client.attach("parrot"));
        REQUIRE(welcome);
        REQUIRE(welcome->value("outcome", "") != "refused");
        into.add("a resume token", welcome->value("resume", ""));
        into.add("what a user said", said);
        client.submit("turn-" + std::to_string(said.size()), {{"text", said}});
        for (std::string kind; kind != "turn.done";) {
            auto frame = world.get(client.receive(milliseconds(10'000)));
            REQUIRE(frame);
            kind = frame->value("kind", "");
        }
        world.run(client.cut());
    }

    // A token that is not right is one all the same: it may be that of somebody else.
    auto forged = client.memory();
    forged.resume = "rt1.QmVsaWV2ZSBtZSBJIGFtIHRoZSByaWdodCBvbmUgb2sgPw";
    service::session_client thief(world.env(), url, forged);
    auto welcome = world.get(thief.attach(std::nullopt));
    REQUIRE(welcome);
    CHECK(welcome->value("reason", "") == "identity");
    into.add("a forged resume token", forged.resume);
    world.run(thief.cut());
}

/// Lets robots say all that they can, and one call that nobody knows.
void call_by_robot(const service::private_server& server, const service::recording& what, secrets& into) {
    auto pace = brisk();
    pace.settle = milliseconds(0); // what else may come is no answer
    auto report = replay_against(server, what, pace);
    INFO(all_lines(report));
    CHECK(report.passed());
    for (const auto& turn : what.turns) {
        for (const auto& input : service::inputs_of(turn)) {
            const auto* text = find_pointer(turn.frames.at(input.frame).message, "/data/text");
            if (text && text->is_string() && text->get_ref<const std::string&>().size() >= 8)
                into.add("what a robot heard", *text);
        }
    }
}

} // namespace

TEST_CASE("the log has neither tokens nor what users say, at any level") {
    temporary_folder folder;
    auto what = load_recorded(sources + "/tests/recordings/robot-rows.ndjson");
    secrets known;
    std::vector<std::string> settings{"--database", "sqlite:" + folder.file("sessions.db"),
                                      "--set",      "limits.robot-connections-per-minute=1e9",
                                      "--set",      "limits.robot-connections=64",
                                      "--set",      "limits.drain-ms=0"};
    std::set<std::string> tokens;
    for (auto& turn : what.turns) {
        turn.token = "secret-of-" + turn.token;
        if (!tokens.insert(turn.token).second) continue;
        known.add("a robot's token", turn.token);
        settings.insert(settings.end(), {"--set", "robot-tokens." + turn.token + "=the-robot-" +
                                                      std::to_string(tokens.size())});
    }
    logged_server server(folder.file("log"), "debug", settings);
    converse(server->url(), known);
    call_by_robot(*server, what, known);
    CHECK(server->stop(milliseconds(10'000)) == 0);

    auto log = server.log();
    // It is the log of all this.
    for (const auto* part : {" attached ", "device=a-device", "the-robot-1", " draining ", "debug "})
        CHECK(log.find(part) != std::string::npos);
    CHECK(known.all.size() > 10);
    for (const auto& [name, secret] : known.all) {
        CAPTURE(name, secret);
        auto at = log.find(secret);
        CHECK((at == log.npos ? "" : log.substr(log.rfind('\n', at) + 1, 400)) == "");
    }
}
