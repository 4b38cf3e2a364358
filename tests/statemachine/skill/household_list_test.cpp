#include "samples/skill/household_list.hpp"
#include "tests/statemachine/skill/skill_scene.hpp"
#include "tests/support/source_folder.hpp"

#include <fstream>
#include <sstream>

using namespace rejoinder;
using namespace rejoinder::statemachine;
using rejoinder::tests::play;
using rejoinder::tests::running_machine;
using rejoinder::tests::says;
using rejoinder::tests::told;

namespace {

using texts = std::vector<std::string>;

const bool installed_here = [] {
    install({{}, {}, {samples::household_list_skill()}});
    return true;
}();

std::string household() {
    std::ifstream file(tests::source_folder() + "/samples/skill/household.json");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

const std::vector<told> evening{says("hello"),
                                says("the shopping list please"),
                                says("Add milk, eggs and some bread"),
                                says("what is on it?"),
                                says("We need MILK and butter"),
                                says("please dance"),
                                says("we have got eggs and Some Bread."),
                                says("done"),
                                says("my to do list"),
                                says("put call Ada"),
                                says("oh never mind"),
                                says("shopping"),
                                says("read it to me"),
                                says("that is all, thanks"),
                                says("goodbye")};

} // namespace

TEST_CASE("the household list keeps what is added, once, and lets go what was got") {
    running_machine machine(household());
    machine.hear("the shopping list please").hear("Add milk, eggs and some bread");
    CHECK(machine.said() == texts{"On the shopping list: milk, eggs and some bread.", "Anything else?"});
    machine.hear("We need MILK and butter");
    CHECK(machine.said().at(0) == "On the shopping list: milk, eggs, some bread and butter.");
    machine.hear("we have got eggs and Some Bread.");
    CHECK(machine.said().at(0) == "Off it goes. Left: milk and butter.");
    machine.hear("done");
    CHECK(machine.said() == texts{"Your shopping list is safe with me."});
    CHECK(machine.inputs.outside["user"]["lists"] == json::parse(R"({"shopping": ["milk", "butter"]})"));
    machine.hear("to do").hear("what is on it");
    CHECK(machine.said().at(0) == "On the to-do list: nothing.");
    machine.hear("never mind");
    CHECK(machine.said() == texts{"All right, we leave the list."});
}

TEST_CASE("the household list, killed before any turn or all of them, tells the same") {
    auto whole = play(household(), evening, -1);
    for (int at = 0; at < static_cast<int>(evening.size()); ++at) {
        INFO("killed before turn " << at);
        CHECK(play(household(), evening, at) == whole);
    }
    CHECK(play(household(), evening, -2) == whole);
}

TEST_CASE("the household list never ends: it begins anew when its journal is nearly full") {
    running_machine machine(household());
    machine.hear("shopping");
    for (int i = 0; i < 1000; ++i) {
        machine.hear("add " + std::string(1 + static_cast<std::size_t>(i % 2), 'x'));
        REQUIRE_FALSE(machine.last.error);
    }
    CHECK(machine.now.skills.at(0).run > 1);
    CHECK(machine.hear("read").said().at(0) == "On the shopping list: x and xx.");
}
