// The terminal client as a person with a pipe sees it.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

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

    const fs::path& state() const { return state_.path(); }
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

/// A chat whose input stays open: lines are typed one by one.
class running_chat {
public:
    running_chat(const std::string& url, const fs::path& state) : input_path_(folder_.file("input")) {
        REQUIRE(::mkfifo(input_path_.c_str(), 0600) == 0);
        input_ = ::open(input_path_.c_str(), O_RDWR | O_CLOEXEC);
        auto command = "XDG_STATE_HOME='" + state.string() + "' exec '" + program +
                       "' chat --machine parrot " + "--server '" + url + "' <'" + input_path_ + "' 2>&1";
        output_ = ::popen(command.c_str(), "r");
        REQUIRE(output_);
    }
    running_chat(const running_chat&) = delete;
    running_chat& operator=(const running_chat&) = delete;
    ~running_chat() { (void)end(); }

    void type(const std::string& line) {
        auto text = line + "\n";
        REQUIRE(::write(input_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }

    /// The next line that it says; empty when it has ended, or says nothing for 20 s.
    std::string line() {
        pollfd readable{::fileno(output_), POLLIN, 0};
        while (said_.find('\n') == said_.npos) {
            std::array<char, 256> bytes{};
            if (::poll(&readable, 1, 20'000) <= 0) return "";
            auto count = ::read(readable.fd, bytes.data(), bytes.size());
            if (count <= 0) return "";
            said_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        auto end = said_.find('\n');
        auto first = said_.substr(0, end);
        said_.erase(0, end + 1);
        return first;
    }

    /// Its exit status; its input ends if it has not ended of itself.
    int end() {
        if (input_ >= 0) ::close(input_);
        input_ = -1;
        if (!output_) return -1;
        int status = ::pclose(std::exchange(output_, nullptr));
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    temporary_folder folder_;
    std::string input_path_;
    int input_ = -1;
    std::FILE* output_ = nullptr;
    std::string said_;
};

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

TEST_CASE("chat says every line that is piped into it, however slowly the server wants to hear them") {
    // A client that only waited after each refusal, and then went on as before, would be shown the door.
    auto server =
        serve("memory:", {"--set", "limits.message-burst=8", "--set", "limits.messages-per-second=30"});
    terminal tty(server->url());
    std::string input;
    for (int i = 1; i <= 140; ++i)
        input += std::to_string(i) + "\n";
    auto run = tty.chat(input);
    CAPTURE(run.err);
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    CHECK(run.out == input);
}

TEST_CASE("chat says which lines it could not say, says the others, and ends with status 1") {
    auto server = serve("memory:");
    terminal tty(server->url());
    // The second one is within the program's own bound and, written as JSON, above that of the server.
    auto run =
        tty.chat("one\n" + std::string(20'000, 'x') + "\ntwo\n" + std::string(16'000, '\1') + "\nthree");
    CAPTURE(run.out, run.err);
    CHECK(run.status == 1);
    CHECK(run.out == "one\ntwo\nthree\n");
    REQUIRE(run.complaints().size() == 2);
    CHECK(run.complaints()[0].find("16384 bytes") != std::string::npos);
    CHECK(run.complaints()[1].find("65536 bytes") != std::string::npos);
}

TEST_CASE(
    "a chat whose session another chat takes over ends with a line that says so, and the other goes on") {
    auto server = serve("memory:");
    terminal tty(server->url());
    running_chat first(server->url(), tty.state());
    first.type("hello");
    CHECK(first.line() == "hello");

    auto second = tty.chat("my turn\nand again\n");
    CAPTURE(second.err);
    CHECK(second.status == 0);
    CHECK(second.out == "my turn\nand again\n");
    CHECK(second.err.empty());
    auto last = first.line();
    CAPTURE(last);
    CHECK(last.find("taken over") != std::string::npos);
    CHECK(first.line().empty());
    CHECK(first.end() == 1);

    // What the first one leaves behind is the second one's memory.
    auto third = tty.chat("/state\n");
    CHECK(json::parse(third.out).at("events") == 10);
}

TEST_CASE("a person at the terminal can be the device: tools are shown, done, failed and taken back") {
    auto server = serve("memory:");
    terminal here(server->url());
    auto run =
        here.chat("light on\n/done\nlight off\n/fail {\"why\": \"broken\"}\n/done\nlight off\n/cancel\n"
                  "how is it\n/done [\n",
                  "lamp");
    CHECK(run.status == 0);
    CHECK(lines_of(run.out) == std::vector<std::string>{R"([lamp {"switch":"on"}])", "The lamp is on now.",
                                                        R"([lamp {"switch":"off"}])",
                                                        "The lamp did not answer (failed); it is on.",
                                                        R"([lamp {"switch":"off"}])",
                                                        "The lamp is on. Say 'light on' or 'light off'."});
    CHECK(run.err.find("nothing is asked for now") != std::string::npos);
    CHECK(run.err.find("the turn failed: The turn was cancelled.") != std::string::npos);
}
