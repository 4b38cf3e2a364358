#include "service/log_retention.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::service;
using std::chrono::hours;

namespace {

constexpr utc_time begin = from_unix(1766400000000);
constexpr milliseconds day = hours(24);

persistence::session_row row_of(std::uint64_t head, std::uint64_t floor, std::uint64_t bytes) {
    persistence::session_row row;
    row.head = head;
    row.floor = floor;
    row.log_bytes = bytes;
    return row;
}

} // namespace

TEST_CASE("an event is known to be too old within a twelfth of the age, however often is committed") {
    auto step = GENERATE(milliseconds(hours(1)), milliseconds(hours(5)),
                         milliseconds(std::chrono::minutes(10)), milliseconds(hours(30)));
    log_marks marks;
    std::uint64_t floor = 1;
    for (int i = 1; i <= 400; ++i) {
        auto now = begin + i * step;
        auto head = static_cast<std::uint64_t>(i);
        // Each commit so far has shown one event, the first at `begin`.
        auto age_of = [&](std::uint64_t event) { return now - (begin + static_cast<int>(event - 1) * step); };
        marks.note(now, now - step, head, day);
        floor = std::max(floor, marks.head_at(now - day) + 1);
        if (floor > 1) REQUIRE(age_of(floor - 1) >= day);
        if (floor <= head) REQUIRE(age_of(floor) < day + day / 12 + step);
        marks.forget_below(floor);
        std::string stored;
        marks.append_to(stored);
        REQUIRE(stored.size() < 1024);
        marks = log_marks::restore(json::parse(stored));
    }
}

TEST_CASE("after a silence longer than the age everything is too old") {
    log_marks marks;
    marks.note(begin + day, begin, 7, day);
    CHECK(marks.head_at(begin) == 7);
    CHECK(marks.head_at(begin - milliseconds(1)) == 0);
}

TEST_CASE("a clock that was set back makes nothing older, and its marks are made again") {
    log_marks marks;
    marks.note(begin + hours(4), begin + hours(3), 5, day);
    marks.note(begin + hours(1), begin, 9, day);
    CHECK(marks.head_at(begin - hours(1)) == 0);
    CHECK(marks.head_at(begin) == 9);
}

TEST_CASE("a row without marks is a row whose events' age is not known yet") {
    for (const char* text :
         {"", "{}", "[]", R"({"marks":7})", R"({"marks":[[1]]})", R"({"marks":[["x",2]]})"})
        CHECK(log_retention::restore(text).marks.head_at(begin) == 0);
}

TEST_CASE("what is too old leaves the log, and its share of the bytes with it") {
    constexpr std::uint64_t text_of_an_event = 7;
    struct row {
        std::uint64_t aged, floor, bytes;
    };
    for (const auto& expected : {row{0, 11, 100}, row{10, 11, 100}, row{11, 12, 90}, row{19, 20, 10},
                                 row{20, 21, 0}, row{99, 21, 0}}) {
        auto trimmed = row_of(20, 11, 100);
        std::uint64_t texts = 10 * text_of_an_event;
        trim_log(trimmed, texts, {}, expected.aged);
        CAPTURE(expected.aged);
        CHECK(texts == (21 - expected.floor) * text_of_an_event);
        CHECK(trimmed.floor == expected.floor);
        CHECK(trimmed.log_bytes == expected.bytes);
    }
}

TEST_CASE("an empty log stays empty") {
    std::uint64_t texts = 0;
    auto row = row_of(0, 1, 0);
    trim_log(row, texts, {}, 0);
    CHECK(row.floor == 1);
    row = row_of(8, 9, 0);
    trim_log(row, texts, {}, 8);
    CHECK(row.floor == 9);
}

TEST_CASE("what was asked and said weighs as much as what was shown") {
    log_bounds bounds;
    bounds.bytes = 1000;
    auto light = row_of(100, 1, 500);
    std::uint64_t texts = 500;
    trim_log(light, texts, bounds, 0);
    CHECK(light.floor == 1);

    auto heavy = row_of(100, 1, 500);
    texts = 1500;
    trim_log(heavy, texts, bounds, 0);
    CHECK(heavy.floor > 50);
    CHECK(heavy.log_bytes + texts <= bounds.bytes);
}

TEST_CASE("what a session knows of its log comes back from its row") {
    log_retention kept;
    kept.texts = 77;
    kept.marks.note(begin + day, begin, 7, day);
    auto restored = log_retention::restore(kept.serialise());
    CHECK(restored.texts == 77);
    CHECK(restored.marks.head_at(begin) == 7);
}
