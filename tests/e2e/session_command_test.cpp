// The commands `rejoinder session ...` and the replay of what they export, beside a server.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/support/catch.hpp"
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
