#include "service/client/welcome_text.hpp"

#include "persistence/json.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;

TEST_CASE("a person is told how the client came in, and of a machine that has changed meanwhile") {
    json welcome = {{"outcome", "snapshot"}, {"machine", {{"id", "coach"}, {"version", 3}}}};
    CHECK(describe_welcome(welcome) == "(snapshot)");
    welcome["reason"] = "trimmed";
    CHECK(describe_welcome(welcome) == "(snapshot, trimmed)");
    welcome["machine"]["migrated_from"] = 1;
    CHECK(describe_welcome(welcome) ==
          "(snapshot, trimmed; since you were here the machine has changed from version 1 to 3, with which "
          "the conversation goes on)");
}
