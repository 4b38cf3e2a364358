// The commands `rejoinder session ...` and the replay of what they export, beside a server.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

struct talked_to {
    temporary_folder folder;
    std::string url = "sqlite:" + folder.file("store");
    visited_server visited{{}, url};
    std::string session;

    talked_to() {
        auto guest = visited.visit();
        guest.say(hello("guest"));
        session = guest.hear("welcome").at("session");
        for (int number = 1; number <= 3; ++number)
            check_turn(guest, number);
    }

    program_run run(std::vector<std::string> words) const {
        words.insert(words.begin(), "session");
        words.insert(words.end(), {"--database", url});
        return run_program(words);
    }
    program_run run_of_one(std::vector<std::string> words) const {
        words.insert(words.begin() + 1, session);
        words.insert(words.end(), {"--machines", sample_machines});
        return run(std::move(words));
    }
};

} // namespace

TEST_CASE("sessions are listed and shown while their server goes on") {
    talked_to s;
    auto listed = s.run({"list", "--json"});
    CAPTURE(listed.out, listed.err);
    REQUIRE(listed.status == 0);
    auto rows = json::parse(listed.out);
    REQUIRE(rows.size() == 2);
    auto mine = rows[0].at("session") == s.session ? rows[0] : rows[1];
    CHECK(mine.at("device") == "guest");
    CHECK(mine.at("machine").at("id") == "parrot");
    CHECK(s.run({"list"}).out.find(s.session) != std::string::npos);
    CHECK(s.run({"list", "--account", "nobody"}).out == "there is no session\n");

    auto shown = s.run_of_one({"show"});
    CHECK(shown.out.find("user: are you there?\nmachine: are you there?\n") != std::string::npos);
    CHECK(json::parse(s.run_of_one({"show", "--json"}).out).at("commits").size() == 4);
    s.visited.check_neighbour();
}

TEST_CASE("a machine is checked against the sessions of a store while their server goes on") {
    talked_to s;
    auto newer = json::parse(read_source_file("samples/machines/parrot.json"));
    auto version = newer.at("version").get<int>();
    newer["version"] = version + 1;
    auto file = s.folder.file("newer.json");
    auto check = [&](const std::string& store, std::vector<std::string> more = {}) {
        std::ofstream(file) << newer.dump();
        more.insert(more.begin(), {"machine", "check", file, "--store", store});
        return run_program(more);
    };
    auto without = check(s.url);
    CAPTURE(without.out, without.err);
    CHECK(without.status == 1);
    CHECK(without.out.find("of version " + std::to_string(version) + " for 2 sessions: no migration leads") !=
          std::string::npos);
    CHECK(without.out.find(s.session) != std::string::npos);
    CHECK(without.out.find(": 2 sessions: 2 would be refused\n") != std::string::npos);
    REQUIRE(without.complaints().size() == 1);
    CHECK(without.err.find(file + ": sessions would be refused") != std::string::npos);

    newer["migrations"] = json::array({{{"from", version}, {"to", version + 1}}});
    auto with = check(s.url, {"--json"});
    CAPTURE(with.out, with.err);
    CHECK(with.status == 0);
    CHECK(with.err.empty());
    auto stored = json::parse(with.out)[0].at("stored");
    CHECK(stored.at("sessions") == 2);
    CHECK(stored.at("migrating") == 2);
    CHECK(stored.at("passed") == true);
    s.visited.check_neighbour(); // whose session is what it was

    auto nowhere = check("sqlite:" + s.folder.file("none"));
    CHECK(nowhere.status == 1);
    CHECK(nowhere.complaints().size() == 1);
}

TEST_CASE("an exported session, made again from its file, is the same, and one that was changed is not") {
    talked_to s;
    auto file = s.folder.file("recorded.ndjson");
    auto exported = s.run_of_one({"export", file});
    CAPTURE(exported.out, exported.err);
    REQUIRE(exported.status == 0);
    CHECK((fs::status(file).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(s.run_of_one({"export", file}).status == 1);
    s.visited.check_neighbour();

    auto replayed = run_program({"replay", file});
    CHECK(replayed.status == 0);
    CHECK(replayed.out == "4 steps same\n");
    CHECK(json::parse(run_program({"replay", file, "--json"}).out).at("passed") == true);
    CHECK(run_program({"replay", file, "--speed", "1"}).status == 2);

    std::ifstream in(file, std::ios::binary);
    std::string lines(std::istreambuf_iterator<char>(in), {});
    auto told = lines.find("\"text\":\"are you there?\"");
    REQUIRE(told != std::string::npos);
    lines.replace(told, 23, "\"text\":\"is it you there\"");
    auto changed = s.folder.file("changed.ndjson");
    std::ofstream(changed, std::ios::binary) << lines;
    auto differs = run_program({"replay", changed});
    CAPTURE(differs.out, differs.err);
    CHECK(differs.status == 1);
    CHECK(differs.out.starts_with("commit 2, turn turn-1 differs in its "));

    std::ofstream(changed, std::ios::binary) << lines.substr(0, lines.size() / 2);
    auto refused = run_program({"replay", changed});
    CHECK(refused.status == 1);
    CHECK(refused.err.find(", line ") != std::string::npos);
}

TEST_CASE("who names a session that is not there is told where to look") {
    talked_to s;
    s.session = "01AAAAAAAAAAAAAAAAAAAAAAAA";
    for (const auto& words : {std::vector<std::string>{"show"}, {"export", s.folder.file("x")}}) {
        auto refused = s.run_of_one(words);
        CHECK(refused.status == 1);
        CHECK(refused.err.find("session list") != std::string::npos);
    }
}

TEST_CASE("a session's machine is drawn with the state that it is in, while its server goes on") {
    talked_to s;
    auto show = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"machine", "show", "--database", s.url, "--session", s.session};
        words.insert(words.end(), more.begin(), more.end());
        return run_program(words);
    };
    auto drawn = show({"--machines", sample_machines});
    CAPTURE(drawn.out, drawn.err);
    CHECK(drawn.status == 0);
    CHECK(drawn.out.starts_with("stateDiagram-v2"));
    CHECK(drawn.out.find(" current\n") != std::string::npos);
    CHECK(show({"--machines", sample_machines, "--format", "dot"}).out.find("penwidth=3") !=
          std::string::npos);
    auto refused = show({"--machines", s.folder.path().string()});
    CHECK(refused.status == 1);
    CHECK(refused.err.find("'parrot' 1") != std::string::npos);
    s.session = "01AAAAAAAAAAAAAAAAAAAAAAAA";
    CHECK(show({"--machines", sample_machines}).err.find("session list") != std::string::npos);
    s.visited.check_neighbour();
}

TEST_CASE("a fork goes on where its session stands, and neither notices the other") {
    talked_to s;
    auto forked = s.run({"fork", s.session, "--json"});
    CAPTURE(forked.out, forked.err);
    REQUIRE(forked.status == 0);
    auto told = json::parse(forked.out);
    auto fork = told.at("session").get<std::string>();
    CHECK(fork != s.session);
    auto guest = s.visited.visit();
    guest.say(
        {{"type", "hello"}, {"protocol", 1}, {"device", "guest"}, {"session", fork}, {"create", false}});
    auto welcome = guest.hear("welcome");
    CHECK(welcome.at("session") == fork);
    CHECK(welcome.at("outcome") == "snapshot");
    CHECK(welcome.at("head") == told.at("head"));
    CHECK(welcome.at("last_number") == 0);
    CHECK(guest.hear("snapshot").at("context").at("heard") == 3);
    check_turn(guest, 1);
    auto listed = json::parse(s.run({"list", "--json"}).out);
    for (const auto& row : listed)
        if (row.at("session") == s.session) CHECK(row.at("head") == told.at("head"));
    CHECK(listed.size() == 3);
    s.visited.check_neighbour();
}

TEST_CASE("a session that is reset begins anew under another epoch, while its server goes on") {
    talked_to s;
    auto guest = s.visited.visit();
    json resume{{"type", "hello"}, {"protocol", 1}, {"device", "guest"}, {"session", s.session}};
    guest.say(resume);
    auto before = guest.hear("welcome");
    CHECK(s.run_of_one({"reset", "--dry-run"}).out.find("would begin parrot anew") != std::string::npos);
    CHECK(s.run_of_one({"reset"}).status == 1);
    auto reset = s.run_of_one({"reset", "--yes", "--json"});
    CAPTURE(reset.out, reset.err);
    REQUIRE(reset.status == 0);
    CHECK(json::parse(reset.out).at("resets") == 1);
    guest.say(turn("turn-4", 4, "are you still there?"));
    auto code = guest.hear_out();
    CHECK((code >= 4000 && code < 4500));

    auto again = s.visited.visit();
    resume["epoch"] = before.at("epoch");
    resume["ack"] = before.at("head");
    resume["resume"] = before.at("resume");
    again.say(resume);
    auto welcome = again.hear("welcome");
    CHECK(welcome.at("outcome") == "snapshot");
    CHECK(welcome.at("reason") == "epoch");
    CHECK(welcome.at("epoch") != before.at("epoch"));
    CHECK(again.hear("snapshot").at("context").at("heard") == 0);
    check_turn(again, 5);
    s.visited.check_neighbour();
}

TEST_CASE("a session is erased with its log and its recording, while its server records it") {
    temporary_folder folder;
    auto url = "sqlite:" + folder.file("store");
    auto recordings = folder.file("recordings");
    visited_server visited({"--record", recordings}, url);
    auto guest = visited.visit();
    guest.say(hello("guest"));
    auto session = guest.hear("welcome").at("session").get<std::string>();
    check_turn(guest, 1);
    std::vector<std::string> erase{"session", "erase", session, "--database", url, "--json"};
    CHECK(run_program(erase).status == 1);
    auto recording = recordings + "/" + session + ".ndjson";
    CHECK(fs::exists(recording));
    erase.emplace_back("--yes");
    auto erased = run_program(erase);
    CAPTURE(erased.out, erased.err);
    REQUIRE(erased.status == 0);
    CHECK(json::parse(erased.out).at("sessions") == 1);
    CHECK(json::parse(erased.out).at("recordings") == 1);
    guest.say(turn("turn-2", 2, "who was I?"));
    CHECK(guest.hear_out() >= 4000);
    CHECK_FALSE(fs::exists(recording));
    CHECK(run_program({"session", "show", session, "--database", url}).status == 1);
    CHECK(run_program(erase).status == 1); // there is nothing of it any more
    visited.check_neighbour();
}

TEST_CASE("a session that can't be read is not said to be unknown when it shall be erased") {
    temporary_folder folder;
    auto url = "sqlite:" + folder.file("store");
    auto keys = folder.file("keys");
    std::ofstream(keys) << "k1:" << std::string(43, 'A') << "=\n";
    fs::permissions(keys, fs::perms::owner_read | fs::perms::owner_write);
    program_surroundings with_keys;
    with_keys.variables["REJOINDER_ENCRYPTION_KEY_FILE"] = keys;
    visited_server visited({"--set", "encryption.key-file=" + keys}, url);
    auto guest = visited.visit();
    guest.say(hello("guest"));
    auto session = guest.hear("welcome").at("session").get<std::string>();
    check_turn(guest, 1);
    raw_file(folder.file("store")).execute("update session set state = 'x', said = ''");

    auto erased = run_program({"session", "erase", session, "--database", url, "--json", "--yes"}, with_keys);
    CAPTURE(erased.out, erased.err);
    CHECK(erased.status == 1);
    CHECK(erased.err.find("corrupt") != std::string::npos);
}
