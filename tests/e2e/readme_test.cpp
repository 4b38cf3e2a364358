// What README tells its reader to type is what the program and `./dev` know.

#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const std::string built_program = "build/release/service/rejoinder";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// The words of a line of code or help; brackets only say what may be left out, commas part names of one
/// thing.
std::vector<std::string> words_of(std::string line) {
    std::ranges::replace_if(line, [](char c) { return c == '[' || c == ']' || c == ','; }, ' ');
    std::vector<std::string> words;
    std::istringstream in(line);
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// The lines of README's code blocks, and what stands between back quotes in its text.
std::vector<std::string> code_of_readme() {
    std::vector<std::string> code;
    std::string prose;
    bool block = false;
    for (const auto& line : lines_of(read_source_file("README.md"))) {
        if (line.starts_with("```"))
            block = !block;
        else if (block)
            code.push_back(line.starts_with("$ ") ? line.substr(2) : line);
        else
            prose += line + " ";
    }
    for (std::size_t from = 0;;) {
        auto begin = prose.find('`', from);
        auto end = begin == prose.npos ? begin : prose.find('`', begin + 1);
        if (end == prose.npos) return code;
        code.push_back(prose.substr(begin + 1, end - begin - 1));
        from = end + 1;
    }
}

/// A command, as one or two words, and the flags that README uses with it.
using commands_and_flags = std::map<std::vector<std::string>, std::set<std::string>>;

/// What README's code says after the program's name, and after the name of a command alone.
commands_and_flags commands_of_readme(const std::set<std::string>& known) {
    commands_and_flags found;
    for (const auto& line : code_of_readme()) {
        auto words = words_of(line);
        if (words.empty()) continue;
        if (words[0] == "rejoinder" || words[0] == built_program)
            words.erase(words.begin());
        else if (!known.contains(words[0]) || words.size() == 1)
            continue;
        std::vector<std::string> command;
        for (const auto& word : words) {
            if (std::islower(static_cast<unsigned char>(word[0])) == 0 || word.find('/') != word.npos) break;
            command.push_back(word);
        }
        auto& flags = found[command];
        std::ranges::copy_if(words, std::inserter(flags, flags.end()),
                             [](const std::string& word) { return word.starts_with("--"); });
    }
    return found;
}

std::string help_of(std::vector<std::string> command) {
    command.emplace_back("--help");
    auto run = run_program(command);
    CAPTURE(command, run.err);
    CHECK(run.status == 0);
    return run.out;
}

/// The commands that the program lists.
std::set<std::string> known_commands() {
    std::set<std::string> commands;
    bool listed = false;
    for (const auto& line : lines_of(help_of({}))) {
        auto words = words_of(line);
        if (line.starts_with("Subcommands") || line.starts_with("SUBCOMMANDS"))
            listed = true;
        else if (listed && line.starts_with("  ") && line[2] != ' ' && !words.empty())
            commands.insert(words[0]);
    }
    return commands;
}

std::string output_of(const std::string& command) {
    auto* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe);
    std::string output;
    std::array<char, 4096> bytes{};
    while (auto count = std::fread(bytes.data(), 1, bytes.size(), pipe))
        output.append(bytes.data(), count);
    CHECK(::pclose(pipe) == 0);
    return output;
}

} // namespace

TEST_CASE(
    "the program knows every command that README names, with its flags, and README names every command") {
    auto known = known_commands();
    REQUIRE(known.contains("serve"));
    auto told = commands_of_readme(known);
    std::size_t flags_told = 0;
    for (const auto& [command, flags] : told) {
        auto words = words_of(help_of(command));
        for (const auto& flag : flags) {
            CAPTURE(command, flag);
            CHECK(std::ranges::find(words, flag) != words.end());
            ++flags_told;
        }
        if (!command.empty()) known.erase(command[0]);
    }
    CHECK(flags_told > 20); // else README is not read as it is written
    for (const auto& command : known)
        FAIL_CHECK("README does not name the command " << command);
}

TEST_CASE("dev knows every verb that README names") {
    auto help = output_of("'" + sources + "/dev' help");
    std::size_t verbs = 0;
    for (const auto& line : code_of_readme()) {
        auto words = words_of(line);
        if (words.size() < 2 || words[0] != "./dev") continue;
        CAPTURE(words[1]);
        CHECK(help.find("\n  " + words[1] + " ") != std::string::npos);
        ++verbs;
    }
    CHECK(verbs >= 3);
}

TEST_CASE("the conversation in README is one that the greeter holds") {
    std::string input;
    std::vector<std::string> shown;
    bool conversation = false; // what chat tells a person only is left out
    for (const auto& line : lines_of(read_source_file("README.md"))) {
        if (line == "$ " + built_program + " chat")
            conversation = true;
        else if (line.starts_with("```"))
            conversation = false;
        else if (conversation && line.starts_with("> "))
            input += line.substr(2) + "\n";
        else if (conversation && !line.starts_with("(") && !line.starts_with("Type a line"))
            shown.push_back(line);
    }
    REQUIRE(shown.size() >= 3);

    auto server = serve("memory:");
    temporary_folder state;
    program_surroundings around;
    around.input = input;
    around.variables["XDG_STATE_HOME"] = state.path().string();
    auto run = run_program({"chat", "--server", server->url()}, around);
    CAPTURE(input, run.out, run.err);
    CHECK(run.status == 0);
    auto said = lines_of(run.out);
    REQUIRE(said.size() == shown.size());
    // The greeter chooses among several sentences; README shows one of them.
    auto machine = read_source_file("samples/machines/greeter.json");
    const std::string name = "{{ user.name }}";
    for (auto at = machine.find(name); at != machine.npos; at = machine.find(name))
        machine.replace(at, name.size(), "Ada");
    for (const auto& line : shown) {
        CAPTURE(line);
        CHECK(machine.find("\"" + line + "\"") != std::string::npos);
    }
}
