#include "statemachine/report.hpp"
#include "tests/statemachine/running_machine.hpp"
#include "tests/support/machine_document.hpp"
#include "tests/support/source_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using rejoinder::json;
using rejoinder::statemachine::effect;
using rejoinder::tests::running_machine;
using rejoinder::tests::sample_machine;

namespace {

const std::filesystem::path machines =
    std::filesystem::path(rejoinder::tests::source_folder()) / "samples/machines";

std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Everything that was said in the last step, in one text.
std::string answer(const running_machine& machine) {
    REQUIRE_FALSE(machine.last.error);
    std::string all;
    for (const auto& text : machine.said())
        all += text + '\n';
    return all;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const json* remembered(const running_machine& machine, const std::string& key) {
    return rejoinder::find_pointer(machine.inputs.outside, "/user/" + key);
}

} // namespace

TEST_CASE("every sample machine loads without a problem") {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(machines)) {
        if (file.path().extension() != ".json") continue;
        auto outcome =
            rejoinder::statemachine::load_definition_text(sample_machine(file.path().stem().string()));
        INFO(describe(file.path().filename().string(), outcome));
        CHECK(outcome.machine);
        CHECK(outcome.problems.empty());
        ++count;
    }
    CHECK(count >= 2);
}

TEST_CASE("the machine in the guide for authors loads and does what it says") {
    auto guide = read(std::filesystem::path(rejoinder::tests::source_folder()) / "statemachine/README.md");
    constexpr std::string_view fence = "```";
    auto begin = guide.find("```json\n") + fence.size() + 5;
    running_machine doorbell(guide.substr(begin, guide.find(fence, begin) - begin));
    CHECK_FALSE(answer(doorbell.hear("hello?")).empty());
    CHECK(contains(answer(doorbell.hear("Please let me in!")), "Come in, stranger!"));
    CHECK(doorbell.done());
}

TEST_CASE("the greeter asks for a name, remembers it, chats and says goodbye by name") {
    running_machine greeter(read(machines / "greeter.json"));
    CHECK(greeter.said().empty());
    CHECK(contains(answer(greeter.hear("Hello!")), "What shall I call you?"));
    CHECK(contains(answer(greeter.hear("Well, my name is ada.")), "Ada"));
    CHECK(*remembered(greeter, "name") == "Ada");
    CHECK(greeter.state() == "chatting");

    CHECK(contains(answer(greeter.hear("what's my name?")), "You are Ada"));
    CHECK(contains(answer(greeter.hear("Help, please")), "Tell me what you like"));
    CHECK_FALSE(answer(greeter.hear("thank you")).empty());
    CHECK(contains(answer(greeter.hear("What do I like?")), "Not much yet"));
    CHECK(contains(answer(greeter.hear("I really like green tea.")), "reen tea"));
    greeter.hear("I love the sea");
    CHECK(contains(answer(greeter.hear("what do I like")), "You like green tea and the sea."));
    CHECK(contains(answer(greeter.hear("call me Countess")), "Countess it is!"));
    CHECK_FALSE(answer(greeter.hear("the weather was strange on the mountain")).empty());
    CHECK_FALSE(answer(greeter.hear("What is the meaning of it all?")).empty());

    CHECK(contains(answer(greeter.hear("bye")), "Goodbye, Countess!"));
    CHECK(greeter.done());
}

TEST_CASE("the greeter knows whom it has met before") {
    running_machine greeter(read(machines / "greeter.json"), {{"user", {{"name", "Ada"}}}});
    CHECK(contains(answer(greeter.hear("hi")), "Ada"));
    CHECK(greeter.state() == "chatting");
    answer(greeter.hear("please forget me"));
    CHECK(remembered(greeter, "name") == nullptr);
    CHECK(greeter.state() == "asking_name");
}

TEST_CASE("the greeter takes a name in several forms, and no story for one") {
    for (const auto& [text, name] :
         std::vector<std::pair<std::string, std::string>>{{"Ada", "Ada"},
                                                          {"ada lovelace!", "Ada lovelace"},
                                                          {"I'm Ada", "Ada"},
                                                          {"it's Ada", "Ada"},
                                                          {"You can call me Bob", "Bob"},
                                                          {"\u00e9mile", "\u00c9mile"}}) {
        running_machine greeter(read(machines / "greeter.json"));
        greeter.hear("hello").hear(text);
        REQUIRE(remembered(greeter, "name"));
        CHECK(*remembered(greeter, "name") == name);
    }
    for (auto text : {"the weather is quite nice here today", "who are you?", "hello", "why?", "..."}) {
        running_machine greeter(read(machines / "greeter.json"));
        CHECK_FALSE(answer(greeter.hear("hello").hear(text)).empty());
        CHECK(remembered(greeter, "name") == nullptr);
        CHECK(greeter.state() == "asking_name");
    }
}

TEST_CASE("the greeter talks to somebody who gives no name") {
    running_machine greeter(read(machines / "greeter.json"));
    greeter.hear("hello").hear("I'd rather not");
    CHECK(greeter.state() == "chatting");
    CHECK(contains(answer(greeter.hear("who am i")), "not told me yet"));
    CHECK(contains(answer(greeter.hear("goodbye")), "my friend"));
}

TEST_CASE("the greeter reads of the outside what it remembers and nothing else") {
    auto machine = running_machine::load(read(machines / "greeter.json"));
    CHECK(std::vector<std::string>(machine.outside_paths().begin(), machine.outside_paths().end()) ==
          std::vector<std::string>{"/user/likes", "/user/name"});
}
