// The terminal client as a person with a pipe sees it.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

class terminal {
public:
    explicit terminal(std::string url) : url_(std::move(url)) {}

    program_run chat(const std::string& input, const std::string& machine = "parrot") {
        program_surroundings around;
        around.input = input;
        around.variables["XDG_STATE_HOME"] = state_.path().string();
        return run_program({"chat", "--server", url_, "--machine", machine}, around);
    }

    std::vector<fs::path> state_files() const {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(state_.path()))
            if (entry.is_regular_file()) files.push_back(entry.path());
        return files;
    }

    fs::path state_folder() const { return state_.path() / "rejoinder"; }

private:
    std::string url_;
    temporary_folder state_;
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("chat asks a server that is named without a path for its sessions") {
    auto server = serve("memory:");
    terminal tty(server->url().substr(0, server->url().find("/v1/session")));
    auto run = tty.chat("hello\n/quit\n");
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    CHECK(run.out.find("hello") != std::string::npos);
}

TEST_CASE("chat survives a cut, and the next run goes on with the same session") {
    auto server = serve("memory:");
    terminal tty(server->url());

    auto first = tty.chat("hello\n/cut\nstill there?\n/state\n/quit\nnot said any more\n");
    CAPTURE(first.out, first.err);
    CHECK(first.status == 0);
    CHECK(first.err.empty());
    auto said = lines_of(first.out);
    REQUIRE(said.size() == 3);
    CHECK(said[0] == "hello");
    CHECK(said[1] == "still there?");
    auto state = json::parse(said[2]);
    CHECK(state.at("events") == 7);

    auto files = tty.state_files();
    REQUIRE(files.size() == 1);
    CHECK(files[0].parent_path() == tty.state_folder());
    CHECK(fs::status(files[0]).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    // The end of the input is a way to leave, too.
    auto second = tty.chat("me again\n/state");
    CAPTURE(second.out, second.err);
    CHECK(second.status == 0);
    said = lines_of(second.out);
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "me again");
    auto later = json::parse(said[1]);
    CHECK(later.at("session") == state.at("session"));
    CHECK(later.at("events") == 10);
    CHECK(tty.state_files() == files);
    CHECK(fs::status(files[0]).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    auto third = tty.chat("/new\n/state\n");
    said = lines_of(third.out);
    REQUIRE(said.size() == 1);
    CHECK(json::parse(said[0]).at("session") != state.at("session"));
}

TEST_CASE("chat begins anew when the server does not know the session any more") {
    auto server = serve("memory:");
    terminal tty(server->url());
    auto first = tty.chat("one\n/state\n");
    REQUIRE(lines_of(first.out).size() == 2);
    auto files = tty.state_files();
    REQUIRE(files.size() == 1);

    // The same memory towards a server that has never heard of it.
    auto memory = json::parse(std::ifstream(files[0]));
    memory["session"] = "01AAAAAAAAAAAAAAAAAAAAAAAA";
    std::ofstream(files[0]) << memory.dump();
    auto second = tty.chat("two\n/state\n");
    CAPTURE(second.out, second.err);
    CHECK(second.status == 0);
    auto said = lines_of(second.out);
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "two");
    CHECK(json::parse(said[1]).at("events") == 4);
}

TEST_CASE("chat with an unknown machine ends with one line that says what to do") {
    auto server = serve("memory:");
    auto began = std::chrono::steady_clock::now();
    auto run = terminal(server->url()).chat("hello\n", "dragon");
    // It does not wait until the server has had enough of a silent connection.
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(4));
    CAPTURE(run.out, run.err);
    CHECK(run.status == 1);
    CHECK(run.out.empty());
    REQUIRE(run.complaints().size() == 1);
    CHECK(run.err.find("--machine") != std::string::npos);
}
