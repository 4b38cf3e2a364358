#include "tests/statemachine/running_machine.hpp"

using rejoinder::json;
using rejoinder::tests::running_machine;

namespace {

const json outside{{"user", {{"name", "ada"}, {"likes", {"tea", "maps", "rain"}}, {"blank", ""}}}};

std::string render(std::string text, json event = json::object()) {
    json document{
        {"id", "m"},
        {"version", 1},
        {"initial", "a"},
        {"context", {{"n", 3}, {"half", 2.5}, {"o", {{"k", 1}}}}},
        {"states",
         {{"a", {{"on", {{"x", {{"actions", {{"type", "log"}, {"params", {{"text", text}}}}}}}}}}}}}};
    running_machine machine(document.dump(), outside);
    return machine.send("x", std::move(event)).logged().at(0);
}

} // namespace

TEST_CASE("a template is filled from dotted paths and pointers") {
    CHECK(render("Hello {{ user.name }}, {{context.n}} times{{/event/a~1b}}", {{"a/b", "!"}}) ==
          "Hello ada, 3 times!");
    CHECK(render("{{ user.likes.1 }}") == "maps");
    CHECK(render("no place at all") == "no place at all");
}

TEST_CASE("each kind of value has its text") {
    CHECK(render("[{{ event.missing }}]") == "[]");
    CHECK(render("{{ event.v }}", {{"v", true}}) == "true");
    CHECK(render("{{ event.v }}", {{"v", 2.0}}) == "2");
    CHECK(render("{{ context.half }}") == "2.5");
    CHECK(render("{{ user.likes }}") == "tea, maps, rain");
    CHECK(render("{{ context.o }}") == "{\"k\":1}");
}

TEST_CASE("filters work from left to right") {
    CHECK(render("{{ user.name | capitalise }}") == "Ada");
    CHECK(render("{{ user.name | upper | lower | capitalise }}") == "Ada");
    CHECK(render("{{ event.v | trim }}|", {{"v", "  x \n"}}) == "x|");
    CHECK(render("{{ event.v | trim: \".!\" }}", {{"v", " Ada Lovelace. ! "}}) == "Ada Lovelace");
    CHECK(render("{{ user.likes | count }} {{ event.v | count }}", {{"v", "caf\u00e9"}}) == "3 4");
    CHECK(render("{{ event.missing | count }}") == "0");
}

TEST_CASE("a default stands in for what is missing or empty") {
    CHECK(render("{{ user.nobody | default: \"friend\" }}") == "friend");
    CHECK(render("{{ user.blank | default: \"friend\" | capitalise }}") == "Friend");
    CHECK(render("{{ user.name | default: \"friend\" }}") == "ada");
}

TEST_CASE("join puts an array into one text, with another word before the last if wanted") {
    CHECK(render("{{ user.likes | join: \"/\" }}") == "tea/maps/rain");
    CHECK(render("{{ user.likes | join: \", \", \" and \" }}") == "tea, maps and rain");
    CHECK(render("{{ user.name | join: \"-\" }}") == "ada");
}

TEST_CASE("after keeps what stands behind the first phrase that occurs as whole words") {
    auto name = "{{ event.v | after: \"my name is\", \"i'm\" | trim: \".!\" }}";
    CHECK(render(name, {{"v", "Hi, My Name is Ada."}}) == "Ada");
    CHECK(render(name, {{"v", "I'm Ada!"}}) == "Ada");
    CHECK(render(name, {{"v", "Ada"}}) == "Ada");
    CHECK(render("{{ event.v | after: \"is\" }}", {{"v", "this island"}}) == "this island");
}

TEST_CASE("what a user says is never taken for a template") {
    CHECK(render("{{ event.v }}", {{"v", "{{ user.name }}"}}) == "{{ user.name }}");
}
