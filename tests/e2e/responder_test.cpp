// Machines that ask a language model, as the program serves them.

#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/recorded_endpoint.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

std::string answer(const std::string& text) {
    return "data: {\"choices\":[{\"delta\":{\"content\":\"" + text +
           "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
}

program_run ask(const std::string& url, const temporary_folder& state, const std::string& lines) {
    program_surroundings around;
    around.input = lines;
    around.variables["XDG_STATE_HOME"] = state.path().string();
    return run_program({"chat", "--server", url, "--machine", "adviser"}, around);
}

} // namespace

TEST_CASE("a machine asks the model that is configured, with what was said before") {
    recorded_endpoint model({recorded_endpoint::stream(answer("Tea.")),
                             recorded_endpoint::refusal("503 Busy"),
                             recorded_endpoint::stream(answer("Green tea."))});
    temporary_folder state;
    auto server =
        serve("memory:", {"--set", "responder.url=" + model.url(), "--set", "responder.model=small"});
    auto run = ask(server->url(), state, "What shall I drink?\nWhich?\n");
    CAPTURE(run.out, run.err);
    CHECK(run.status == 0);
    CHECK(run.out == "What would you like to know?\nTea.\nGreen tea.\n");
    auto asked = model.asked();
    REQUIRE(asked.size() == 3);
    CHECK(asked[2].find(R"({"content":"Tea.","role":"assistant"},{"content":"Which?","role":"user"})") !=
          std::string::npos);
}

TEST_CASE("without a model the machine says that it can't, and the server serves on") {
    temporary_folder state;
    auto server = serve("memory:");
    auto run = ask(server->url(), state, "What shall I drink?\n");
    CAPTURE(run.out, run.err);
    CHECK(run.status == 0);
    CHECK(run.out == "What would you like to know?\nI can't think just now. Ask me again in a while.\n");
}
