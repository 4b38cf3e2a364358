// The command that plays recordings, as a person types it.

#include "tests/e2e/replayed.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <sys/wait.h>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

struct ended_command {
    int status = -1;
    std::string output; ///< standard output; what goes to standard error is for the person who runs the test
};

/// Runs the program with these words, which a shell reads, where the sample machines are found.
ended_command run(const std::string& words) {
    auto command = "cd '" + sources + "' && '" + program + "' replay " + words;
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe);
    ended_command ended;
    char bytes[4096];
    while (auto count = std::fread(bytes, 1, sizeof bytes, pipe))
        ended.output.append(bytes, count);
    auto status = ::pclose(pipe);
    if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
    return ended;
}

std::string last_line(const std::string& text) {
    auto end = text.find_last_not_of('\n');
    auto begin = text.rfind('\n', end);
    begin = begin == text.npos ? 0 : begin + 1;
    return end == text.npos ? "" : text.substr(begin, end + 1 - begin);
}

/// One turn of a recording: words that are answered by speech.
std::string recorded_words(int turn, const std::string& token, const std::string& id, const std::string& text,
                           const json& types) {
    auto opened = turn * 1000;
    json listen{{"type", "LISTEN"}, {"transID", id}, {"msgID", "1"}, {"data", {{"rules", {"launch"}}}}};
    json words{{"type", "CLIENT_ASR"}, {"transID", id}, {"msgID", "2"}, {"data", {{"text", text}}}};
    json line{{"turn", turn},
              {"token", token},
              {"socket", "listen"},
              {"opened_ms", opened},
              {"complete", true},
              {"inbound", {{{"at_ms", opened}, {"text", listen}}, {{"at_ms", opened}, {"text", words}}}},
              {"replies", {{{"at_ms", opened + 75}, {"after", 2}, {"types", types}}}}};
    return line.dump() + "\n";
}

const json speech{"LISTEN", "EOS", "SKILL_ACTION"};
const json nothing_said{"LISTEN", "EOS"};

void write(const std::string& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

std::string read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("the sample recording plays with all turns the same") {
    auto ended = run("samples/recordings/first-meeting.ndjson");
    CHECK(ended.status == 0);
    CHECK(last_line(ended.output) ==
          "8 same, 0 differ on purpose, 0 differ, 0 not compared (0 audio, 0 without recorded reply)");
}

TEST_CASE("a recording that is answered otherwise fails the command, unless a reason is given that applies") {
    temporary_folder folder;
    auto file = folder.file("r.ndjson");
    write(file, recorded_words(7, "a", "t-7", "tell me a joke", nothing_said));
    const std::string difference = "turn 7: recorded LISTEN,EOS, ours LISTEN,EOS,SKILL_ACTION";
    auto played = run(file);
    CHECK(played.status == 1);
    CHECK(played.output.starts_with(difference + "\n"));

    auto reasons = folder.file("reasons.json");
    json reason{{"turn", 7}, {"ours", "LISTEN,EOS,SKILL_ACTION"}, {"reason", "we do joke"}};
    write(reasons, json::array({reason}).dump());
    played = run(file + " --expect " + reasons);
    CHECK(played.status == 0);
    CHECK(played.output.starts_with(difference + "; on purpose: we do joke\n"));

    json stale{{"turn", 8}, {"ours", "LISTEN,EOS"}, {"reason", "of another day"}};
    write(reasons, json{reason, stale}.dump());
    played = run(file + " --expect " + reasons + " --json");
    CHECK(played.status == 1);
    auto told = json::parse(played.output);
    CHECK(told["passed"] == false);
    CHECK(told["summary"] ==
          "0 same, 1 differ on purpose, 0 differ, 0 not compared (0 audio, 0 without recorded reply)");
    CHECK(told["turns"][0]["reason"] == "we do joke");
    CHECK(told["stale"] == json::array({"turn 8: the reason no longer applies: of another day"}));
}

TEST_CASE("reasons that can't be read end the command before anything is played") {
    temporary_folder folder;
    auto file = folder.file("r.ndjson");
    write(file, recorded_words(1, "a", "t-1", "tell me a joke", speech));
    CHECK(run(file + " --expect " + folder.file("absent.json") + " 2>&1").output.find("absent.json") !=
          std::string::npos);
    CHECK(run(file + " --expect " + folder.file("absent.json") + " 2>/dev/null").status == 1);
    write(folder.file("reasons.json"), "[{}]");
    CHECK(run(file + " --expect " + folder.file("reasons.json") + " 2>/dev/null").status == 1);
    CHECK(run(folder.file("no-recording.ndjson") + " 2>/dev/null").status == 1);
}

TEST_CASE("all tokens of a recording stand for one device when the command is told so") {
    temporary_folder folder;
    auto file = folder.file("r.ndjson");
    // The second robot uses an id of the first: of one device that is a turn which is known already.
    write(file, recorded_words(1, "a", "t-1", "tell me a joke", speech) +
                    recorded_words(2, "b", "t-1", "tell me a joke, please", speech));
    CHECK(run(file).status == 0);
    CHECK(run(file + " --device kitchen").status == 1);
}

TEST_CASE("a recording plays against a server that runs already, whose tokens are its own") {
    temporary_folder folder;
    auto file = folder.file("r.ndjson");
    write(file, recorded_words(1, "a", "t-1", "tell me a joke", speech));
    auto server = serve_robots("memory:");
    CHECK(run(file + " --server " + server->url()).status == 0);
    CHECK(run(file + " --server " + server->url() + " --device kitchen 2>/dev/null").status == 2);
    CHECK(run(file + " --speed 0 2>/dev/null").status == 2);
    auto url = server->base_url();
    server->kill();
    auto played = run(file + " --server " + url);
    CHECK(played.status == 1);
    CHECK(played.output.find("no connection: ") != std::string::npos);
}

TEST_CASE("the recorded day plays as it is typed, with nothing that differs") {
    auto captures = captures_or_skip();
    if (!captures) return;
    auto ended = run("'" + *captures + "/robot-day-b.ndjson'");
    INFO(ended.output);
    CHECK(ended.status == 0);
    CHECK(last_line(ended.output).starts_with("38 same, 0 differ on purpose, 0 differ, "));
}

TEST_CASE("a replay whose reader has gone ends without a word") {
    temporary_folder folder;
    auto complaints = folder.file("complaints");
    auto ended = run("samples/recordings/first-meeting.ndjson 2>'" + complaints + "' | :");
    CHECK(ended.status == 0); // of the reader, which is gone before the first line comes
    CHECK(read(complaints).empty());
}

TEST_CASE("a robot's recording plays in the process of the command as it does on a server") {
    auto here = run("samples/recordings/first-meeting.ndjson --in-process --json");
    CHECK(here.status == 0);
    auto there = run("samples/recordings/first-meeting.ndjson --json");
    CHECK(json::parse(here.output).at("summary") == json::parse(there.output).at("summary"));
    CHECK(json::parse(here.output).at("faster") > 1);
    auto hurried = run("samples/recordings/first-meeting.ndjson --in-process --device one --seed 7");
    CHECK(hurried.status == 0);
    CHECK(last_line(hurried.output).ends_with(" times faster"));
    CHECK(run("samples/recordings/first-meeting.ndjson --seed 7 2>/dev/null").status == 2);
    CHECK(run("samples/recordings/first-meeting.ndjson --in-process --server ws://127.0.0.1:1 2>/dev/null")
              .status == 2);
    CHECK(run("samples/recordings/first-meeting.ndjson --in-process --machines nowhere 2>/dev/null").status ==
          1);
}
