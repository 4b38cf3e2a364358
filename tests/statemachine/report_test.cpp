#include "statemachine/report.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder::statemachine;

namespace {

constexpr auto good =
    R"({"id": "greeter", "version": 3, "initial": "a", "states": {"a": {"on": {"x": "b"}}, "b": {}}})";
constexpr auto bad =
    R"({"id": "greeter", "version": 3, "initial": "a", "states": {"a": {"on": {"x": "c"}}}, "extra": 1})";

} // namespace

TEST_CASE("a machine without problems is reported in one line") {
    CHECK(describe("g.json", load_definition_text(good)) ==
          "g.json: machine 'greeter' version 3, 2 states, no problems\n");
}

TEST_CASE("each problem has a line with its place") {
    CHECK(describe("g.json", load_definition_text(bad)) ==
          "g.json: error at /extra: 'extra' is not known here.\n"
          "g.json: error at /states/a/on/x: there is no state 'c' to go to. Did you mean 'a'?\n");
    CHECK(describe("g.json", load_definition_text("{"))
              .starts_with("g.json: error: the text is no valid JSON"));
}

TEST_CASE("a warning does not keep a machine from being loaded, and is counted") {
    auto text =
        describe("g.json", load_definition_text(R"({"id": "m", "version": 1, "initial": "a", "states": {
        "a": {"on": {"x": [{"actions": []}, {"actions": []}]}}}})"));
    CHECK(text ==
          "g.json: warning at /states/a/on/x/1: this is never taken: the candidate before it has no guard\n"
          "g.json: machine 'm' version 1, 1 state, 1 warning\n");
}

TEST_CASE("programs get the same as JSON") {
    auto report = describe_json("g.json", load_definition_text(good));
    CHECK(report["machine"]["id"] == "greeter");
    CHECK(report["machine"]["version"] == 3);
    CHECK(report["machine"]["states"] == 2);
    CHECK(report["machine"]["hash"].get<std::string>().size() == 64);
    CHECK(report["problems"].empty());
    report = describe_json("g.json", load_definition_text(bad));
    CHECK_FALSE(report.contains("machine"));
    CHECK(report["problems"][1]["pointer"] == "/states/a/on/x");
    CHECK(report["problems"][1]["severity"] == "error");
}
