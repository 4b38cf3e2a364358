// The whole program, with a skill of its own: `household serve --machines samples/skill`, `household chat
// --machine household`, and every other command.

#include "samples/skill/household_list.hpp"
#include "service/program.hpp"
#include "statemachine/library.hpp"

int main(int argc, char** argv) {
    rejoinder::statemachine::install(
        {.guards = {}, .actions = {}, .skills = {samples::household_list_skill()}});
    return rejoinder::service::run_program(argc, argv);
}
