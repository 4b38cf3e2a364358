#include "service/machine_choice.hpp"

#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

statemachine::definition machine(int version, const std::string& policy = "", bool leads = false) {
    ordered_json document = {{"id", "m"}, {"version", version}, {"initial", "a"}};
    document["states"]["a"] = ordered_json::object();
    if (!policy.empty()) document["meta"]["migration"] = policy;
    if (leads) document["migrations"] = ordered_json::parse(R"([{"from": 1, "to": 2}])");
    return *statemachine::load_definition(document).machine;
}

persistence::session_row row_of(const statemachine::definition& its) {
    session_state state;
    state.machine = statemachine::start(its, {}).next;
    state.machine_text = statemachine::serialise(its, state.machine);
    persistence::session_row row;
    row.machine = its.id();
    row.machine_version = its.version();
    row.machine_hash = its.hash();
    row.state = serialise(state);
    return row;
}

machine_catalog catalog_of(const std::vector<statemachine::definition>& machines) {
    machine_catalog made;
    for (const auto& one : machines)
        made.add(one);
    return made;
}

/// "1": it stays with that version; "migrates" or "restarts"; else why it can't go on.
std::string choice(const machine_catalog& machines, const persistence::session_row& row) {
    auto made = choose_machine(machines, row);
    if (!made.machine) return made.why;
    if (!made.change) return std::to_string(made.machine->version());
    return made.change->how == version_change::way::migrates ? "migrates" : "restarts";
}

} // namespace

TEST_CASE("the newest version says what becomes of sessions of an older one, as far as it is possible") {
    auto row = row_of(machine(1));
    const std::string no_way = "no migration leads from version 1 to 2";
    CHECK(choice(catalog_of({machine(1)}), row) == "1");
    CHECK(choice(catalog_of({machine(2)}), row) == no_way);
    CHECK(choice(catalog_of({machine(1), machine(2)}), row) == "1"); // better than none
    CHECK(choice(catalog_of({machine(2, "", true)}), row) == "migrates");
    CHECK(choice(catalog_of({machine(1), machine(2, "migrate", true)}), row) == "migrates");
    CHECK(choice(catalog_of({machine(1), machine(2, "pin", true)}), row) == "1");
    CHECK(choice(catalog_of({machine(2, "pin", true)}), row) == "migrates");
    CHECK(choice(catalog_of({machine(2, "pin")}), row) == no_way);
    CHECK(choice(catalog_of({machine(1), machine(2, "restart")}), row) == "restarts");
}

TEST_CASE("a session that has ended does not restart") {
    auto row = row_of(machine(1));
    row.closed = utc_time(milliseconds(1));
    CHECK(choice(catalog_of({machine(1), machine(2, "restart")}), row) == "1");
    CHECK(choice(catalog_of({machine(2, "restart", true)}), row) == "migrates");
}

TEST_CASE("there is no way back, nor to another structure of the same version") {
    auto row = row_of(machine(2));
    CHECK(choice(catalog_of({machine(1, "restart")}), row) == "its machine was of a later version, 2");
    row.machine_hash = "another";
    CHECK(choice(catalog_of({machine(2, "restart")}), row) ==
          "its machine was another one of the same version");
    CHECK(choice(machine_catalog(), row) == "there is no such machine here");
}

TEST_CASE("a state that is damaged is left to whoever restores it") {
    auto row = row_of(machine(1));
    row.state.back() = '?';
    CHECK(choice(catalog_of({machine(2, "", true)}), row) == "migrates");
    CHECK_FALSE(restore_former_state(row.state));
}
