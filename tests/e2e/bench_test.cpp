// The load generator as a person types it.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A brief run that prints JSON.
program_run bench(const std::vector<std::string>& more, const std::string& seconds = "0.2") {
    std::vector<std::string> words{"bench", "--duration", seconds, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("bench measures turns, latency and memory beside an echo, for each number of sessions") {
    auto run = bench({"--sessions", "1", "--sessions", "8", "--machines", sample_machines});
    CAPTURE(run.out, run.err);
    REQUIRE(run.status == 0);
    CHECK(run.err.empty());
    auto told = json::parse(run.out);
    CHECK(told.at("fdatasync_us") > 0);
    REQUIRE(told.at("rows").size() == 2);
    CHECK(told["rows"][0].at("sessions") == 1);
    CHECK(told["rows"][1].at("sessions") == 8);
    for (const auto& row : told["rows"]) {
        CHECK(row.at("attach_per_second") > 0);
        CHECK(row.at("idle_kib").is_number());
        for (const auto* what : {"turns", "echo"}) {
            const auto& figures = row.at(what);
            CHECK(figures.at("count") > 0);
            CHECK(figures.at("failures") == 0);
            CHECK(figures.at("per_second") > 0);
            CHECK(figures.at("p50_ms") > 0);
            CHECK(figures.at("p99_ms") >= figures.at("p50_ms"));
        }
    }
}

TEST_CASE("bench against a server without an echo measures the turns, says what is missing and fails") {
    auto server = serve("memory:", unhurried());
    auto run = bench({"--sessions", "2", "--server", server->url()});
    CAPTURE(run.out, run.err);
    CHECK(run.status == 1);
    REQUIRE(run.complaints().size() == 1);
    CHECK(has(run.err, "2 of 2 connections to the echo"));
    CHECK(has(run.err, "--echo"));
    auto row = json::parse(run.out).at("rows").at(0);
    CHECK(row.at("turns").at("count") > 0);
    CHECK(row.at("echo").at("count") == 0);
    CHECK(row.at("echo").at("failures") == 2);
}

TEST_CASE("bench whose sessions can't begin says why and fails") {
    auto server = serve("memory:", {"--echo"});
    auto run = bench({"--sessions", "3", "--server", server->url(), "--machine", "dragon"});
    CAPTURE(run.out, run.err);
    CHECK(run.status == 1);
    REQUIRE(run.complaints().size() == 1);
    CHECK(has(run.err, "3 of 3 sessions"));
    CHECK(has(run.err, "unknown_machine"));
    auto row = json::parse(run.out).at("rows").at(0);
    CHECK(row.at("turns").at("count") == 0);
    CHECK(row.at("echo").at("count") > 0);

    auto url = server->url();
    server->kill();
    auto alone = bench({"--sessions", "1", "--server", url});
    CAPTURE(alone.out, alone.err);
    CHECK(alone.status == 1);
    CHECK(alone.complaints().size() == 2);
}

TEST_CASE(
    "bench against a server that limits messages keeps to the limit and says that it shows in the figures") {
    auto server = serve(
        "memory:", {"--echo", "--set", "limits.message-burst=4", "--set", "limits.messages-per-second=10"});
    auto run =
        bench({"--sessions", "1", "--server", server->url()}, "1"); // in which slow ones reach the limit
    CAPTURE(run.out, run.err);
    CHECK(run.status == 0);
    REQUIRE(run.complaints().size() == 1);
    CHECK(has(run.err, "limits.messages-per-second"));
    auto turns = json::parse(run.out).at("rows").at(0).at("turns");
    CHECK(turns.at("failures") == 0);
    CHECK(turns.at("count") >= 4);
}
