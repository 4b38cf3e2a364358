#include "tests/bench/turn_figures.hpp"
#include "tests/bench/turn_gate.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::bench;

TEST_CASE("a turn may take up to 15 % more CPU than in the run before") {
    auto verdict = compare({{64, 100.0}, {1000, 40.0}}, {{64, 114.9}, {1000, 20.0}});
    CHECK(verdict.regression.empty());
    CHECK(verdict.next == cpu_by_sessions{{64, 114.9}, {1000, 20.0}});
}

TEST_CASE("what takes more is said in a sentence, and is compared with the better figure again") {
    auto verdict = compare({{1, 300.0}, {64, 100.0}, {1000, 40.0}}, {{1, 300.0}, {64, 116.0}, {1000, 50.0}});
    CHECK(verdict.regression ==
          "a turn with 64 sessions takes 116.0 us of CPU instead of 100.0, a turn with 1000 "
          "sessions takes 50.0 us of CPU instead of 40.0");
    CHECK(verdict.next == cpu_by_sessions{{1, 300.0}, {64, 100.0}, {1000, 40.0}});
}

TEST_CASE("a number of sessions that is not measured keeps its figure, and a new one begins") {
    auto verdict = compare({{64, 100.0}}, {{1000, 50.0}});
    CHECK(verdict.regression.empty());
    CHECK(verdict.next == cpu_by_sessions{{64, 100.0}, {1000, 50.0}});
}

TEST_CASE("figures to compare with are read back, and damaged ones are none") {
    cpu_by_sessions figures{{1, 300.5}, {10'000, 12.25}};
    CHECK(read_gate(bench::to_json(figures)) == figures);
    CHECK(read_gate("text").empty());
    CHECK(read_gate({{"64", "fast"}, {"many", 3.0}, {"1000", 0.0}, {"1", 2.0}}) == cpu_by_sessions{{1, 2.0}});
}

TEST_CASE("the table has the medians, and how many times the first column is better") {
    turn_figures figures;
    figure rate{"rate", "turns/s", 0, better::more};
    figure cpu{"cpu", "CPU us", 1, better::less};
    figure kept{"kept", "kept", 0, better::neither};
    for (double value : {3000.0, 1000.0, 20'000.0})
        figures.add("ours", rate, value);
    figures.add("ours", cpu, 10);
    figures.add("ours", kept, 5);
    figures.add("theirs", rate, 100);
    figures.add("theirs", cpu, 25);
    figures.add("theirs", kept, 4);
    figures.add("loop", cpu, 5);
    CHECK(figures.median("ours", "rate") == 3000);
    CHECK_FALSE(figures.median("loop", "rate").has_value());
    CHECK(figures.table({{"ours", "Ours"}, {"theirs", "Theirs"}, {"none", "None"}, {"loop", "A loop"}}) ==
          "| | Ours | Theirs | A loop |\n"
          "|---|---|---|---|\n"
          "| turns/s | 3,000 | 100 (30x) | - |\n"
          "| CPU us | 10.0 | 25.0 (2.5x) | 5.0 (0.50x) |\n"
          "| kept | 5 | 4 | - |\n");
}

TEST_CASE("digits are grouped by thousands") {
    CHECK(grouped_digits(999, 0) == "999");
    CHECK(grouped_digits(1000, 0) == "1,000");
    CHECK(grouped_digits(1234567.89, 1) == "1,234,567.9");
    CHECK(grouped_digits(0.25, 2) == "0.25");
}
