#include "service/resume.hpp"

#include "tests/support/catch.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using websocket::protocol::welcome_outcome;
using match = resume_tokens::match;

namespace {

const std::string here = "9f2c41d07ab3e655";
const std::string elsewhere = "0123456789abcdef";

/// The answer in one line: the outcome, with its reason or with the event that a replay begins at.
std::string answer(const client_position& client, const log_extent& log, const replay_bounds& bounds = {}) {
    auto decision = decide_resume(client, log, bounds);
    auto text = std::string(to_string(decision.outcome));
    if (!decision.reason.empty()) text += " " + decision.reason;
    if (decision.from) text += " from " + std::to_string(*decision.from);
    return text;
}

constexpr utc_time start = from_unix(1766400000000);
constexpr milliseconds grace{10000};

json as_stored(const resume_tokens& tokens) {
    std::string text;
    tokens.append_to(text);
    return json::parse(text);
}

resume_tokens reloaded(const resume_tokens& tokens) {
    auto restored = resume_tokens::restore(as_stored(tokens));
    REQUIRE(restored);
    return *restored;
}

/// Tokens `t0` to `t<count - 1>`, each confirmed a second after the one before.
resume_tokens confirmed_in_turn(int count) {
    resume_tokens tokens;
    for (int i = 0; i < count; ++i) {
        auto token = "t" + std::to_string(i);
        tokens.issue(token);
        REQUIRE(tokens.confirm(token, start + seconds(i), std::chrono::hours(1)));
    }
    return tokens;
}

} // namespace

TEST_CASE("a client's position against the log decides what a resume gives") {
    log_extent log{here, 20, 5, 1600};
    struct row {
        std::optional<std::string> epoch;
        std::optional<std::uint64_t> ack;
        std::string expected;
    };
    const std::vector<row> table = {
        {std::nullopt, std::nullopt, "snapshot position"},
        {std::nullopt, 20, "snapshot position"},
        {here, std::nullopt, "snapshot position"},
        {elsewhere, std::nullopt, "snapshot position"},
        {elsewhere, 20, "snapshot epoch"},
        {elsewhere, 0, "snapshot epoch"},
        {elsewhere, 21, "snapshot epoch"},
        {"", 20, "snapshot epoch"},
        {here, 21, "snapshot epoch"},
        {here, std::numeric_limits<std::uint64_t>::max(), "snapshot epoch"},
        {here, 20, "lossless"},
        {here, 19, "replayed from 20"},
        {here, 5, "replayed from 6"},
        {here, 4, "replayed from 5"}, // floor - 1: the whole log
        {here, 3, "snapshot trimmed"},
        {here, 0, "snapshot trimmed"},
    };
    for (const auto& r : table) {
        INFO(r.epoch.value_or("no epoch") << " " << (r.ack ? std::to_string(*r.ack) : "no ack"));
        CHECK(answer({r.epoch, r.ack}, log) == r.expected);
    }
}

TEST_CASE("a replay is bounded by its events and by its bytes, and both bounds are allowed") {
    log_extent log{here, 100, 1, 100 * 50};
    CHECK(answer({here, 90}, log, {10, 1 << 20}) == "replayed from 91");
    CHECK(answer({here, 89}, log, {10, 1 << 20}) == "snapshot trimmed");
    CHECK(answer({here, 90}, log, {1024, 10 * 50}) == "replayed from 91");
    CHECK(answer({here, 89}, log, {1024, 10 * 50}) == "snapshot trimmed");
    CHECK(answer({here, 99}, log, {0, 1 << 20}) == "snapshot trimmed");
    CHECK(answer({here, 100}, log, {0, 0}) == "lossless");
}

TEST_CASE("a log without events is resumed without loss, or not at all") {
    log_extent fresh{here, 0, 1, 0};
    CHECK(answer({here, 0}, fresh) == "lossless");
    CHECK(answer({here, 1}, fresh) == "snapshot epoch");
    log_extent emptied{here, 20, 21, 0};
    CHECK(answer({here, 20}, emptied) == "lossless");
    CHECK(answer({here, 19}, emptied) == "snapshot trimmed");
}

TEST_CASE("an epoch is 16 hexadecimal digits of the store's history, the session and its resets") {
    auto epoch = make_epoch("01J9", "s-1", 0);
    CHECK(epoch.size() == 16);
    CHECK(epoch.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(make_epoch("01J9", "s-1", 0) == epoch);
    CHECK(make_epoch("01J8", "s-1", 0) != epoch);
    CHECK(make_epoch("01J9", "s-2", 0) != epoch);
    CHECK(make_epoch("01J9", "s-1", 1) != epoch);
}

TEST_CASE("a session knows no token before it has issued one, the empty one included") {
    resume_tokens tokens;
    CHECK(tokens.find("", start) == match::none);
    CHECK(tokens.find("t1", start) == match::none);
    CHECK_FALSE(tokens.confirm("", start, grace));
    CHECK_FALSE(tokens.confirm("t1", start, grace));
    CHECK(as_stored(tokens) == json::object());
}

TEST_CASE("an issued token is valid until the next one is issued, and stays so once it is confirmed") {
    resume_tokens tokens;
    tokens.issue("t1");
    CHECK(tokens.find("t1", start) == match::issued);
    tokens.issue("t2");
    CHECK(tokens.find("t1", start) == match::none);
    CHECK_FALSE(tokens.confirm("t1", start, grace));
    CHECK(tokens.find("t2", start) == match::issued);

    CHECK(tokens.confirm("t2", start, grace));
    CHECK(tokens.find("t2", start) == match::confirmed);
    for (int lost = 0; lost < 100; ++lost)
        tokens.issue("lost " + std::to_string(lost));
    CHECK(tokens.find("t2", start + std::chrono::days(30)) == match::confirmed);
    CHECK(tokens.find("lost 98", start) == match::none);
    CHECK(tokens.find("lost 99", start) == match::issued);
}

TEST_CASE("a confirmation counts once") {
    resume_tokens tokens;
    tokens.issue("t1");
    CHECK(tokens.confirm("t1", start, grace));
    auto before = as_stored(tokens);
    CHECK_FALSE(tokens.confirm("t1", start, grace));
    CHECK(as_stored(tokens) == before);
}

TEST_CASE("a token retires when a newer one is confirmed, and is worthless when its grace is over") {
    resume_tokens tokens;
    tokens.issue("t1");
    tokens.confirm("t1", start, grace);
    tokens.issue("t2");
    CHECK(tokens.find("t1", start + std::chrono::hours(1)) == match::confirmed);
    tokens.confirm("t2", start, grace);
    CHECK(tokens.find("t1", start + grace - milliseconds(1)) == match::confirmed);
    CHECK(tokens.find("t1", start + grace) == match::none);
    CHECK(tokens.find("t2", start + grace) == match::confirmed);
    // A retiring token lets its owner in, but can't take the confirmed one's place again.
    CHECK_FALSE(tokens.confirm("t1", start, grace));
}

TEST_CASE("at most eight tokens retire at a time, and the oldest is forgotten first") {
    auto tokens = confirmed_in_turn(11);
    auto now = start + seconds(11);
    CHECK(as_stored(tokens)["retiring"].size() == 8);
    CHECK(tokens.find("t10", now) == match::confirmed);
    CHECK(tokens.find("t1", now) == match::none);
    CHECK(tokens.find("t2", now) == match::confirmed);
    CHECK(tokens.find("t9", now) == match::confirmed);
}

TEST_CASE("tokens whose grace is over are dropped with the next confirmation") {
    auto tokens = confirmed_in_turn(5);
    tokens.issue("new");
    tokens.confirm("new", start + std::chrono::days(1), grace);
    CHECK(as_stored(tokens)["retiring"].size() == 1);
}

TEST_CASE("tokens come back from the store as they were, and their secrets are never in it") {
    auto tokens = confirmed_in_turn(3);
    tokens.issue("next");
    auto stored = as_stored(tokens);
    auto back = reloaded(tokens);
    CHECK(as_stored(back) == stored);
    auto now = start + seconds(3);
    CHECK(back.find("next", now) == match::issued);
    CHECK(back.find("t2", now) == match::confirmed);
    CHECK(back.find("t0", now) == match::confirmed);
    CHECK(back.find("t0", start + std::chrono::hours(2)) == match::none);
    CHECK(stored.dump().find("next") == std::string::npos);
    CHECK(stored.dump().find("t2") == std::string::npos);
    // A digest is no token: who reads the store can't resume.
    CHECK(back.find(stored["confirmed"].get<std::string>(), now) == match::none);
    CHECK(as_stored(reloaded(resume_tokens())) == json::object());
}

TEST_CASE("damaged tokens are refused") {
    auto tokens = confirmed_in_turn(3);
    tokens.issue("next");
    auto good = as_stored(tokens);
    for (const json& wrong : {json(nullptr), json(1), json("x"), json::array(), json(true)}) {
        INFO(wrong.dump());
        CHECK_FALSE(resume_tokens::restore(wrong));
    }
    for (const auto* member : {"confirmed", "issued"}) {
        for (const json& wrong :
             {json(1), json::array(), json("abc"), json(std::string(64, 'x')), json(nullptr)}) {
            auto bad = good;
            bad[member] = wrong;
            INFO(member << " " << wrong);
            CHECK_FALSE(resume_tokens::restore(bad));
        }
    }
    for (const json& wrong : {json(1), json("x"), json(nullptr), json::object(), json::array({1}),
                              json::array({json::object()})}) {
        auto bad = good;
        bad["retiring"] = wrong;
        INFO(wrong.dump());
        CHECK_FALSE(resume_tokens::restore(bad));
    }
    auto bad = good;
    bad["retiring"][0]["digest"] = "abc";
    CHECK_FALSE(resume_tokens::restore(bad));
    bad = good;
    bad["retiring"][0]["until"] = "soon";
    CHECK_FALSE(resume_tokens::restore(bad));
    bad = good;
    while (bad["retiring"].size() < 9)
        bad["retiring"].push_back(bad["retiring"][0]);
    CHECK_FALSE(resume_tokens::restore(bad));
}
