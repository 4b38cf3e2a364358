#include "service/machine_catalog.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace rejoinder;
using service::machine_catalog;

namespace {

std::string machine(const std::string& id) {
    return R"({"id":")" + id + R"(","version":1,"initial":"a","states":{"a":{}}})";
}

/// A folder of machines for one test.
struct shelf {
    tests::temporary_folder folder;

    void put(const std::string& name, const std::string& text) {
        std::ofstream(folder.file(name), std::ios::binary) << text;
    }
    /// Loads the folder; the problems are kept.
    machine_catalog load() {
        problems.clear();
        return service::load_machines(folder.path().string(), problems);
    }
    /// Whether exactly one problem was found, and holds all of these texts.
    bool one_problem(const std::vector<std::string>& parts) const {
        for (const auto& p : problems)
            UNSCOPED_INFO(p);
        return problems.size() == 1 && std::ranges::all_of(parts, [this](const std::string& part) {
                   return problems[0].find(part) != std::string::npos;
               });
    }

    std::vector<std::string> problems;
};

} // namespace

TEST_CASE("a catalog finds machines by id and holds each id once") {
    machine_catalog catalog;
    CHECK(catalog.empty());
    auto b = statemachine::load_definition_text(machine("b"));
    auto a = statemachine::load_definition_text(machine("a"));
    REQUIRE((a.machine && b.machine));
    CHECK(catalog.add(*b.machine));
    CHECK(catalog.add(*a.machine));
    CHECK_FALSE(catalog.add(*a.machine));
    CHECK_FALSE(catalog.empty());
    CHECK(catalog.ids() == std::vector<std::string>{"a", "b"});
    REQUIRE(catalog.find("a"));
    CHECK(catalog.find("a")->id() == "a");
    CHECK_FALSE(catalog.find("c"));
    CHECK_FALSE(catalog.find(""));
}

TEST_CASE(
    "of several versions of a machine the newest is found by its id, each by its version and structure") {
    shelf s;
    auto second = machine("m");
    second.replace(second.find("\"version\":1"), 11, "\"version\":2");
    s.put("m-2.json", second);
    s.put("m.json", machine("m"));
    auto catalog = s.load();
    CHECK(s.problems.empty());
    CHECK(catalog.ids() == std::vector<std::string>{"m"});
    REQUIRE(catalog.find("m"));
    CHECK(catalog.find("m")->version() == 2);
    auto first = statemachine::load_definition_text(machine("m")).machine;
    REQUIRE(first);
    const auto* found = catalog.find("m", 1, first->hash());
    REQUIRE(found);
    CHECK(found->version() == 1);
    CHECK(catalog.document_of(*found)["version"] == 1);
    CHECK(catalog.document_of(*catalog.find("m"))["version"] == 2);
    CHECK_FALSE(catalog.find("m", 2, first->hash()));
    CHECK_FALSE(catalog.find("m", 3, first->hash()));
}

TEST_CASE("every JSON file of a folder is a machine, other files and folders are left alone") {
    shelf s;
    s.put("one.json", machine("first"));
    s.put("two.json", machine("second"));
    s.put("README.md", "no machine");
    s.put("three.json.bak", "{");
    std::filesystem::create_directory(s.folder.path() / "inner");
    auto catalog = s.load();
    CHECK(s.problems.empty());
    CHECK(catalog.ids() == std::vector<std::string>{"first", "second"});
}

TEST_CASE("a machine finds the texts of the folder beside it, and its document keeps them") {
    shelf s;
    s.put("talker.json", R"({"id":"talker","version":1,"initial":"a","states":{"a":{
        "entry":{"type":"say","params":{"text":{"file":"talker/hello.md"}}}}}})");
    s.load();
    CHECK(s.one_problem({"talker.json", "/states/a/entry/params/text/file", "no file 'talker/hello.md'"}));
    std::filesystem::create_directory(s.folder.path() / "talker");
    s.put("talker/hello.md", "Hello, {{ user.name }}!");
    auto catalog = s.load();
    CHECK(s.problems.empty());
    const auto* talker = catalog.find("talker");
    REQUIRE(talker);
    auto document = catalog.document_of(*talker);
    CHECK(document["x-files"]["talker/hello.md"] == "Hello, {{ user.name }}!");
    CHECK(statemachine::load_definition(document).machine);

    s.put("talker/hello.md", "Hello, {{ nobody.name }}!");
    s.load();
    CHECK(s.one_problem({"talker.json", "/x-files/talker~1hello.md"}));
    s.put("talker/hello.md", std::string(65 * 1024, 'x'));
    s.load();
    CHECK(std::ranges::any_of(s.problems, [](const std::string& p) { return p.find("64 KiB") != p.npos; }));
}

TEST_CASE("the machines of the samples load without a problem") {
    std::vector<std::string> problems;
    auto catalog = service::load_machines(tests::source_folder() + "/samples/machines", problems);
    for (const auto& p : problems)
        UNSCOPED_INFO(p);
    CHECK(problems.empty());
    for (const auto* id : {"coach", "greeter", "lamp", "parrot", "robot"})
        CHECK(catalog.find(id));
}

TEST_CASE("a folder that is not there or holds no machine is one problem that names it") {
    shelf s;
    s.load();
    CHECK(s.one_problem({s.folder.path().string(), "no machine"}));
    s.problems.clear();
    auto missing = s.folder.file("missing");
    CHECK(service::load_machines(missing, s.problems).empty());
    CHECK(s.one_problem({missing, "can't be read"}));
}

TEST_CASE("a problem names the file and the place in it, and the other files are looked at all the same") {
    shelf s;
    s.put("good.json", machine("good"));
    SECTION("a text that is no JSON") {
        s.put("bad.json", "{");
        s.load();
        CHECK(s.one_problem({"bad.json: /: "}));
    }
    SECTION("an empty file") {
        s.put("bad.json", "");
        s.load();
        CHECK(s.one_problem({"bad.json: "}));
    }
    SECTION("a target that does not exist") {
        s.put("bad.json",
              R"({"id":"x","version":1,"initial":"a","states":{"a":{"on":{"turn.text":"nowhere"}}}})");
        s.load();
        CHECK(s.one_problem({"bad.json: /states/a/on/turn.text", "nowhere"}));
    }
    SECTION("a folder that is named like a machine") {
        std::filesystem::create_directory(s.folder.path() / "bad.json");
        s.load();
        CHECK(s.one_problem({"bad.json: "}));
    }
    SECTION("an id and a version that another file has") {
        s.put("later.json", machine("good"));
        s.load();
        CHECK(s.one_problem({"later.json: ", "'good'"}));
    }
}

TEST_CASE("what is only worth a warning does not keep a machine out") {
    const std::string never_taken = R"({"id":"warned","version":1,"initial":"a","states":{
        "a":{"on":{"turn.text":[{"target":"b"},{"target":"b"}]}},"b":{}}})";
    REQUIRE(statemachine::load_definition_text(never_taken).problems.size() == 1);
    shelf s;
    s.put("warned.json", never_taken);
    CHECK(s.load().find("warned"));
    CHECK(s.problems.empty());
}
