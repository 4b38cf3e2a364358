// The commands `rejoinder token ...`, and a server that asks for what they have issued.

#include "persistence/hash.hpp"
#include "tests/e2e/logged_server.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/service/credentials/jwt_maker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A store with tokens, and the commands over it.
class token_desk {
public:
    explicit token_desk(const std::string& kind = "sqlite") : url_(kind + ":" + folder_.file("store")) {}

    const std::string& url() const { return url_; }
    std::string file(const std::string& name) const { return folder_.file(name); }

    program_run run(std::vector<std::string> words) const {
        words.insert(words.begin(), "token");
        words.insert(words.end(), {"--database", url_});
        auto done = run_program(words);
        UNSCOPED_INFO(words[1] << ": " << done.out << done.err);
        return done;
    }
    std::string issue(const std::string& account, const std::string& device) const {
        auto done = run({"issue", "--account", account, "--device", device});
        REQUIRE(done.status == 0);
        CHECK(done.err.empty());
        return done.out.substr(0, done.out.find('\n'));
    }
    json list(std::vector<std::string> words = {}) const {
        words.insert(words.begin(), "list");
        words.emplace_back("--json");
        auto done = run(std::move(words));
        REQUIRE(done.status == 0);
        return json::parse(done.out);
    }

    /// The settings of a server that asks for these tokens, and looks at them again all the time.
    std::vector<std::string> guarded() const {
        return {"--set", "credentials.kind=tokens", "--set", "limits.credentials-look-ms=100"};
    }

    /// A file for its owner's eyes that holds the token.
    std::string keep(const std::string& token, const std::string& name) const {
        auto place = folder_.file("token-" + name);
        std::ofstream(place) << token << "\n";
        ::chmod(place.c_str(), 0600);
        return place;
    }

    /// What `chat` says with the token in a file.
    program_run chat(const std::string& server, const std::string& token, const std::string& device) {
        auto place = keep(token, device);
        program_surroundings around;
        around.input = "hello\n/quit\n";
        around.variables["XDG_STATE_HOME"] = folder_.file("state");
        return run_program(
            {"chat", "--server", server, "--machine", "parrot", "--device", device, "--token-file", place},
            around);
    }

private:
    temporary_folder folder_;
    std::string url_;
};

visitor visit(real_environment& world, const std::string& url) {
    websocket::client_options options;
    options.url = url;
    options.subprotocol = "rejoinder.v1";
    auto connected = world.get(websocket::connect(world.env(), std::move(options)));
    REQUIRE(connected);
    return {world, std::move(*connected)};
}

json hello_with(const std::string& token, const std::string& device) {
    auto frame = hello(device);
    frame["token"] = token;
    return frame;
}

} // namespace

TEST_CASE("a token that was issued by command lets its device in, and is revoked beside the server") {
    auto kind = GENERATE("sqlite", "file");
    CAPTURE(kind);
    token_desk desk(kind);
    auto early = desk.issue("acme", "kitchen"); // into a store that nobody has begun yet
    auto server = serve(desk.url(), desk.guarded());
    auto late = desk.issue("acme", "hall"); // through the server that has it open

    auto chat = desk.chat(server->url(), early, "kitchen");
    CAPTURE(chat.out, chat.err);
    CHECK(chat.status == 0);
    CHECK(chat.out == "hello\n");

    real_environment world;
    auto guest = visit(world, server->url());
    guest.say(hello_with(late, "hall"));
    CHECK(guest.hear("welcome").value("outcome", "") == "new");

    auto listed = desk.list();
    REQUIRE(listed.size() == 2);
    CHECK(listed.dump().find(early) == std::string::npos);
    auto halls = desk.list({"--account", "acme", "--device", "hall"});
    REQUIRE(halls.size() == 1);
    CHECK(halls[0].at("revoked").is_null());

    auto revoked = desk.run({"revoke", "--account", "acme", "--id", halls[0].at("id").get<std::string>()});
    CHECK(revoked.status == 0);
    CHECK(revoked.out == "1 token revoked\n");
    CHECK(guest.hear_out() == 4500);
    auto again = visit(world, server->url());
    again.say(hello_with(late, "hall"));
    CHECK(again.hear_out() == 4500);
    CHECK(desk.chat(server->url(), early, "kitchen").status == 0);
    CHECK(desk.list({"--device", "hall"})[0].at("revoked").is_number());
    CHECK(desk.run({"revoke", "--account", "acme", "--device", "hall"}).status == 1);
}

TEST_CASE("a client without the right token is sent away, and chat says what to do") {
    token_desk desk;
    auto token = desk.issue("acme", "kitchen");
    auto server = serve(desk.url(), desk.guarded());
    real_environment world;
    for (const auto& [shown, device] :
         {std::pair(std::string("at1.wrong"), std::string("kitchen")),
          std::pair(std::string(), std::string("kitchen")), std::pair(token, std::string("hall"))}) {
        auto guest = visit(world, server->url());
        guest.say(hello_with(shown, device));
        CHECK(guest.hear_out() == 4500);
    }
    auto chat = desk.chat(server->url(), token + "x", "hall");
    CAPTURE(chat.out, chat.err);
    CHECK(chat.status == 1);
    REQUIRE(chat.complaints().size() == 1);
    CHECK(chat.err.find("credentials") != std::string::npos);
    CHECK(chat.err.find(token) == std::string::npos);
}

TEST_CASE("with credentials a server listens on any address, and lets only configured robots in") {
    token_desk desk;
    auto token = desk.issue("acme", "kitchen");
    auto settings = desk.guarded();
    settings.insert(settings.end(), {"--set", "listen=0.0.0.0:0", "--set", "robot-tokens.known-token=r-1"});
    auto server = serve(desk.url(), settings);
    auto port = server->url().substr(server->url().rfind(':'));
    auto local = "ws://127.0.0.1" + port;
    real_environment world;
    auto guest = visit(world, local);
    guest.say(hello_with(token, "kitchen"));
    CHECK(guest.hear("welcome").value("outcome", "") == "new");

    for (auto [robot, expected] : {std::pair("known-token", 101U), std::pair("stranger", 401U)}) {
        websocket::client_options options;
        options.url = local.substr(0, local.find("/v1")) + "/v1/listen";
        options.headers.emplace_back("Authorization", std::string("Bearer ") + robot);
        unsigned status = 0;
        auto connected = world.get(websocket::connect(world.env(), std::move(options), &status));
        CHECK(status == expected);
        if (connected) world.run((*connected)->cut());
    }
}

TEST_CASE("bench shows a token to a server that asks for one, and says what is wrong without") {
    token_desk desk;
    auto issued = desk.run({"issue", "--account", "acme"}); // for all its devices
    REQUIRE(issued.status == 0);
    auto token = issued.out.substr(0, issued.out.find('\n'));
    auto settings = desk.guarded();
    settings.emplace_back("--echo");
    auto server = serve(desk.url(), settings);
    std::vector<std::string> words{"bench", "--server",   server->url(), "--sessions",
                                   "2",     "--duration", "0.1",         "--json"};
    auto with_file = words;
    with_file.insert(with_file.end(), {"--token-file", desk.keep(token, "bench")});
    program_surroundings told;
    told.variables["REJOINDER_TOKEN"] = token;
    for (const auto& run : {run_program(with_file), run_program(words, told)}) {
        CAPTURE(run.out, run.err);
        CHECK(json::parse(run.out)["rows"][0]["turns"]["failures"] == 0);
        CHECK(json::parse(run.out)["rows"][0]["turns"]["count"] > 0);
    }
    auto without = run_program(words);
    CAPTURE(without.out, without.err);
    CHECK(without.status == 1);
    CHECK(without.err.find("4500") != std::string::npos);

    auto alone = run_program({"bench", "--token-file", desk.keep(token, "alone")});
    CHECK(alone.status == 2);
    CHECK(alone.err.find("--server") != std::string::npos);
}

TEST_CASE("replay shows a server the token that it is told in the place of the recorded ones") {
    token_desk desk;
    auto settings = desk.guarded();
    settings.insert(settings.end(), {"--set", "robot-tokens.known-token=r-1", "--set",
                                     "limits.robot-connections-per-minute=1e9"});
    auto server = serve(desk.url(), settings);
    std::vector<std::string> words{"replay", sources + "/samples/recordings/first-meeting.ndjson", "--server",
                                   server->url()};
    auto strangers = run_program(words);
    CAPTURE(strangers.out, strangers.err);
    CHECK(strangers.status == 1);

    words.insert(words.end(), {"--token-file", desk.keep("known-token", "robot")});
    auto known = run_program(words);
    CAPTURE(known.out, known.err);
    CHECK(known.status == 0);
}

TEST_CASE("a signed token lets its device in, and one that says it needs no signature does not") {
    temporary_folder folder;
    const std::string key(32, 'k');
    auto place = folder.file("keys");
    std::ofstream(place) << "k1:" << to_base64(key) << "\n";
    ::chmod(place.c_str(), 0600);
    auto server =
        serve("memory:", {"--set", "credentials.kind=jwt", "--set", "credentials.key-file=" + place});
    real_environment world;
    json claims = {
        {"sub", "acme"}, {"device", "kitchen"}, {"exp", to_unix(world.env().utc_now()) / 1000 + 600}};
    auto good = hs256(signed_part({{"alg", "HS256"}, {"kid", "k1"}}, claims), key);
    auto guest = visit(world, server->url());
    guest.say(hello_with(good, "kitchen"));
    CHECK(guest.hear("welcome").value("outcome", "") == "new");
    check_turn(guest, 1);
    auto forger = visit(world, server->url());
    forger.say(hello_with(signed_part({{"alg", "none"}}, claims) + ".", "kitchen"));
    CHECK(forger.hear_out() == 4500);
}

TEST_CASE("tokens that a memory database could not have stop the start, as do keys that are missing") {
    auto memory = run_program({"serve", "--set", "credentials.kind=tokens", "--listen", "127.0.0.1:0"});
    CHECK(memory.status == 1);
    CHECK(memory.err.find("credentials.kind: tokens are kept in the database") != std::string::npos);
    auto keyless = run_program({"serve", "--set", "credentials.kind=jwt", "--listen", "0.0.0.0:0"});
    CHECK(keyless.status == 1);
    CHECK(keyless.err.find("credentials.key-file") != std::string::npos);
}

TEST_CASE("token issue refuses what can't be a token, and list and revoke a store that is not there") {
    token_desk desk;
    CHECK(desk.run({"issue", "--account", "acme", "--expires", "soon"}).status == 2);
    CHECK(desk.run({"issue", "--account", "acme", "--device", "a b"}).status == 2);
    CHECK(desk.run({"issue", "--account", ""}).status == 2);
    CHECK(desk.run({"issue"}).status == 2);
    CHECK(desk.run({"issue", "--account", "local"}).status == 2);
    // As of a shell's variable that is not set.
    CHECK(desk.run({"revoke", "--account", ""}).status == 2);
    CHECK(desk.run({"revoke", "--account", "acme", "--id", ""}).status == 2);
    CHECK(desk.run({"revoke", "--account", "acme", "--device", ""}).status == 2);
    CHECK(desk.run({"list"}).status == 1);
    auto short_lived = desk.run({"issue", "--account", "acme", "--expires", "90d", "--json"});
    REQUIRE(short_lived.status == 0);
    auto said = json::parse(short_lived.out);
    CHECK(said.at("expires").get<std::int64_t>() - said.at("issued").get<std::int64_t>() ==
          90LL * 86'400'000);
    CHECK(said.at("device").is_null());
    CHECK(sha256_hex(said.at("token").get<std::string>()).starts_with(said.at("id").get<std::string>()));
}

TEST_CASE(
    "a token that was revoked stays so when a backup from before is restored, and orphans keeps tokens") {
    token_desk desk;
    auto good = desk.issue("acme", "hall");
    auto stolen = desk.issue("acme", "kitchen");
    auto database = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "database");
        words.insert(words.end(), {"--database", desk.url()});
        auto done = run_program(words);
        CAPTURE(done.out, done.err);
        CHECK(done.status == 0);
    };
    auto backup = desk.url().substr(desk.url().find(':') + 1) + ".backup";
    database({"backup", backup});
    CHECK(desk.run({"revoke", "--account", "acme", "--device", "kitchen"}).status == 0);
    database({"restore", backup, "--yes"});
    CHECK(desk.list({"--device", "kitchen"})[0].at("revoked").is_number());
    CHECK(desk.list({"--device", "hall"})[0].at("revoked").is_null());
    database({"orphans", "--remove", "--yes"});
    CHECK(desk.list().size() == 2);
}

TEST_CASE("an echo, which asks nobody who he is, is not served to other machines") {
    token_desk desk;
    auto refused = run_program({"serve", "--listen", "0.0.0.0:0", "--echo", "--database", desk.url(), "--set",
                                "credentials.kind=tokens"});
    CHECK(refused.status == 1);
    CHECK(refused.err.find("echo: ") != std::string::npos);
}

TEST_CASE("neither the store nor the log of a server has a token in it") {
    token_desk desk;
    auto good = desk.issue("acme", "kitchen");
    std::vector<std::string> settings{"--database", desk.url()};
    auto guarded = desk.guarded();
    settings.insert(settings.end(), guarded.begin(), guarded.end());
    const std::string wrong = "at1.d3JvbmcgYnV0IHNvbWVib2R5IGVsc2UncyB0b2tlbg";
    {
        logged_server server(desk.file("log"), "debug", settings);
        real_environment world;
        for (const auto& token : {good, wrong}) {
            auto guest = visit(world, server->url());
            guest.say(hello_with(token, "kitchen"));
            guest.hear();
        }
        CHECK(server->stop(milliseconds(10'000)) == 0);
        auto log = server.log();
        CHECK(log.find(" credentials ") != std::string::npos);
        CHECK(log.find(" credentials_refused ") != std::string::npos);
        CHECK(log.find(good) == std::string::npos);
        CHECK(log.find(wrong) == std::string::npos);
    }
    std::ifstream store(desk.file("store"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(store)), {});
    CHECK(bytes.find(sha256_hex(good)) != std::string::npos);
    CHECK(bytes.find(good) == std::string::npos);
}
