// A server that records, and what `rejoinder replay` makes of its recordings.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A talk of three turns, cut behind the second, on a server that records.
struct recorded_talk {
    temporary_folder folder;
    std::string recordings = folder.file("recordings");
    visited_server visited{{"--record", recordings, "--set", "limits.drain-ms=0"}};
    json welcome;
    json second_welcome;
    std::string file;

    recorded_talk() {
        {
            auto guest = visited.visit();
            auto greeting = hello("guest");
            greeting["token"] = "mark-of-credentials";
            guest.say(greeting);
            welcome = guest.hear("welcome");
            check_turn(guest, 1);
            check_turn(guest, 2);
        }
        auto guest = visited.visit();
        guest.say({{"type", "hello"},
                   {"protocol", 1},
                   {"device", "guest"},
                   {"session", welcome.at("session")},
                   {"resume", welcome.at("resume")},
                   {"epoch", welcome.at("epoch")},
                   {"ack", 2}});
        second_welcome = guest.hear("welcome");
        check_turn(guest, 3);
        REQUIRE(visited.server->stop(milliseconds(20'000)) == 0);
        file = recordings + "/" + welcome.at("session").get<std::string>() + ".ndjson";
    }

    /// The recording with another word of the machine's in one kind of its lines.
    std::string changed(const std::string& in_lines_with, const std::string& from, const std::string& to) {
        auto text = read(file);
        std::string lines;
        bool done = false;
        for (std::size_t at = 0; at < text.size();) {
            auto end = text.find('\n', at) + 1;
            auto line = text.substr(at, end - at);
            auto found = line.find(from);
            if (!done && line.find(in_lines_with) != line.npos && found != line.npos) {
                line.replace(found, from.size(), to);
                done = true;
            }
            lines += line;
            at = end;
        }
        REQUIRE(done);
        auto place = folder.file("changed.ndjson");
        std::ofstream(place, std::ios::binary) << lines;
        return place;
    }
};

} // namespace

TEST_CASE("P10: what a server has recorded, made again from its file, gives the same steps and frames") {
    recorded_talk talk;
    CHECK(talk.second_welcome.at("outcome") == "replayed");
    auto mode = fs::status(talk.file).permissions() & fs::perms::mask;
    CHECK(mode == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK((fs::status(talk.recordings).permissions() & fs::perms::mask) == fs::perms::owner_all);

    auto text = read(talk.file);
    CHECK(text.find("mark-of-credentials") == text.npos);
    for (const auto& frame : {talk.welcome, talk.second_welcome})
        CHECK(text.find(frame.at("resume").get<std::string>()) == text.npos);

    auto same = run_program({"replay", talk.file});
    CAPTURE(same.out, same.err);
    CHECK(same.status == 0);
    CHECK(same.out.starts_with("4 steps same, "));
    CHECK(json::parse(run_program({"replay", talk.file, "--json"}).out).at("frames") > 10);

    auto frame = talk.changed("\"out\":", "are you there?", "where are you?");
    auto differs = run_program({"replay", frame});
    CAPTURE(differs.out, differs.err);
    CHECK(differs.status == 1);
    CHECK(differs.out.starts_with("commit 2, turn turn-1 differs in its frame\n  recorded: "));
    CHECK(differs.out.find("where are you?") < differs.out.find("ours: "));

    std::ofstream(frame, std::ios::binary) << text << "{\"gap\":2}\n";
    auto incomplete = run_program({"replay", frame});
    CHECK(incomplete.status == 1);
    CHECK(incomplete.out.find("lacks 2 lines") != std::string::npos);
}

TEST_CASE(
    "P10: robots' talks that a server has recorded, made again from their files, give the same frames") {
    temporary_folder folder;
    auto recordings = folder.file("recordings");
    auto server = serve("memory:", {"--record", recordings, "--set", "limits.drain-ms=0"});
    auto played = run_program({"replay", source_folder() + "/samples/recordings/first-meeting.ndjson",
                               "--server", server->base_url()});
    CAPTURE(played.out, played.err);
    CHECK(played.status == 0);
    REQUIRE(server->stop(milliseconds(20'000)) == 0);
    int talks = 0;
    for (const auto& file : fs::directory_iterator(recordings)) {
        CHECK(read(file.path()).find("home-token") == std::string::npos);
        auto again = run_program({"replay", file.path(), "--json"});
        CAPTURE(again.out, again.err);
        REQUIRE(again.status == 0);
        CHECK(json::parse(again.out).at("frames") > 10);
        ++talks;
    }
    CHECK(talks > 0);
}

TEST_CASE("a recorded session is said to another server, and the first event that differs is told") {
    recorded_talk talk;
    visited_server other({"--set", "limits.drain-ms=0"});
    auto url = other.server->base_url();
    auto same = run_program({"replay", talk.file, "--server", url});
    CAPTURE(same.out, same.err);
    CHECK(same.status == 0);
    CHECK(same.out.starts_with("3 turns, "));
    CHECK(run_program({"replay", talk.file, "--server", url, "--speed", "1000"}).status == 0);

    auto changed = talk.changed("\"events\":", "\"text\":\"are you there?\"", "\"text\":\"is it you there\"");
    auto differs = run_program({"replay", changed, "--server", url});
    CAPTURE(differs.out, differs.err);
    CHECK(differs.status == 1);
    CHECK(differs.out.starts_with("event "));
    CHECK(differs.out.find("is it you there") < differs.out.find("ours: "));
    CHECK(differs.out.find("are you there?") != std::string::npos);
    other.check_neighbour();
    CHECK(other.server->stop(milliseconds(20'000)) == 0);
    CHECK(run_program({"replay", talk.file, "--server", url, "--expect", "x"}).status == 2);
    CHECK(run_program({"replay", talk.file, "--speed", "1"}).status == 2);
}

TEST_CASE("P1: a recorded session that is cut behind any frame shows what it shows without a cut") {
    recorded_talk talk;
    auto cut = run_program({"replay", talk.file, "--cut-everywhere"});
    CAPTURE(cut.out, cut.err);
    CHECK(cut.status == 0);
    CHECK(cut.out.find(" cuts, each the same 3 turns\n") != std::string::npos);
    auto told = json::parse(run_program({"replay", talk.file, "--cut-everywhere", "--json"}).out);
    CHECK(told.at("passed") == true);
    CHECK(told.at("frames") > 15);
    CHECK(told.at("cuts") == told.at("frames"));
    CHECK(run_program({"replay", talk.file, "--cut-everywhere", "--speed", "1"}).status == 2);
}

TEST_CASE(
    "P12: an erasure leaves no recording of what it erases, of a session that is being recorded either") {
    temporary_folder folder;
    auto recordings = folder.file("recordings");
    auto url = "sqlite:" + folder.file("store");
    auto count = [&] { return std::distance(fs::directory_iterator(recordings), fs::directory_iterator()); };
    {
        visited_server visited({"--record", recordings, "--set", "limits.drain-ms=0"}, url);
        auto guest = visited.guest();
        check_turn(guest, 1);
        std::vector<std::string> erase{"database",  "erase", "--database", url,
                                       "--account", "local", "--json"};
        auto dry = erase;
        dry.emplace_back("--dry-run");
        CHECK(json::parse(run_program(dry).out).at("recordings") == 2);
        CHECK(count() == 2);
        erase.emplace_back("--yes");
        auto erased = run_program(erase);
        CAPTURE(erased.out, erased.err);
        CHECK(erased.status == 0);
        CHECK(json::parse(erased.out).at("recordings") == 2);
        CHECK(count() == 0);
        guest.say({{"type", "ping"}, {"at", 1}});
        guest.say(turn("turn-2", 2, "who was I?"));
        CHECK(guest.hear_out() >= 4000);
        auto newcomer = visited.guest("newcomer");
        check_turn(newcomer, 1);
        REQUIRE(visited.server->stop(milliseconds(20'000)) == 0);
    }
    CHECK(count() == 1); // of the newcomer, who came afterwards
    auto others = run_program(
        {"database", "erase", "--database", url, "--account", "acme", "--record", recordings, "--yes"});
    CAPTURE(others.out, others.err);
    CHECK(others.status == 0);
    CHECK(count() == 1);
    auto here = run_program(
        {"database", "erase", "--database", url, "--account", "local", "--record", recordings, "--yes"});
    CAPTURE(here.out, here.err);
    CHECK(here.status == 0);
    CHECK(here.out.find("1 recording erased") != std::string::npos);
    CHECK(count() == 0);
}

TEST_CASE("a server whose recordings can't be written does not begin to serve") {
    temporary_folder folder;
    auto file = folder.file("file");
    std::ofstream(file) << "no folder";
    auto refused = run_program(
        {"serve", "--listen", "127.0.0.1:0", "--machines", sample_machines, "--record", file + "/in"});
    CHECK(refused.status == 1);
    CHECK(refused.err.find("record: ") != std::string::npos);
}
