// The sample program with a skill of its own: what a newcomer copies.

#include "service/private_server.hpp"
#include "tests/e2e/conversation.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::unique_ptr<service::private_server> serve_household(const std::string& database) {
    std::string why;
    auto server = service::private_server::start(
        HOUSEHOLD_PROGRAM,
        {"--database", database, "--machines", sources + "/samples/skill", "--log-level", "warning"}, why);
    if (!server) throw std::runtime_error(why);
    return server;
}

} // namespace

TEST_CASE("a program with a skill of its own goes on in the middle of it after each kill") {
    temporary_folder place;
    auto database = "sqlite:" + (place.path() / "household.db").string();
    conversation person("household");
    std::string heard;
    for (const char* line : {"shopping list", "add milk, eggs and bread", "we have got Eggs", "done"}) {
        auto server = serve_household(database);
        person.come(server->url());
        heard += person.say(line);
        server->kill();
    }
    CHECK(heard == "What goes on the shopping list?\n"
                   "On the shopping list: milk, eggs and bread.\nAnything else?\n"
                   "Off it goes. Left: milk and bread.\nAnything else?\n"
                   "Your shopping list is safe with me.\n");
}

TEST_CASE("the program itself does not know the sample's skill, and says so") {
    auto run = run_program({"machine", "check", sources + "/samples/skill/household.json"});
    CHECK(run.status == 1);
    CHECK(run.out.find("this program has no skill 'household_list'") != std::string::npos);
}
