// Properties of the protocol that one conversation shows; those that need storms are in simulation_test.cpp.

#include "tests/simulation/scene.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::tests::simulation;

namespace {

/// A conversation of a few turns, and what its client was shown of it.
struct conversation {
    std::vector<std::string> shown;
    std::vector<std::string> settled;
    std::uint64_t chunks = 0; ///< that crossed the network
};

/// Cut after so many chunks; 0: not at all. `last` is said in the end.
conversation hold_conversation(std::uint64_t cut_after, std::size_t under_way,
                               const std::string& last = "two") {
    scene s(under_way, [&](network& net) {
        net.carry_at_most(100); // so that frames are cut in their middle, too
        if (cut_after > 0) net.cut_after(cut_after);
    });
    int number = 0;
    for (const auto* text : {"one", "ask me", "call me Ada", "who am i"})
        s.say("turn-" + std::to_string(++number), text);
    s.say("turn-" + std::to_string(++number), last);
    for (int i = 0; i < 100 && (s.client.open_turns() > 0 || !s.client.attached()); ++i)
        s.env.advance(milliseconds(100));
    s.env.advance(milliseconds(1'000)); // what belongs to no turn may come behind the last answer
    conversation held;
    held.settled = s.notes.settled;
    held.chunks = s.net.chunks();
    for (const auto& event : s.notes.events) {
        auto bare = event;
        for (const auto* member : {"at", "replayed"}) // what the clock and the way here have added
            bare.erase(member);
        if (bare.at("kind") == "turn.done") bare.erase("data");
        held.shown.push_back(to_text(bare));
    }
    return held;
}

} // namespace

TEST_CASE("P1: a conversation that is cut at any place shows what one shows that is not") {
    auto under_way = GENERATE(std::size_t{1}, std::size_t{3});
    CAPTURE(under_way);
    auto whole = hold_conversation(0, under_way);
    REQUIRE(whole.settled.size() == 5);
    REQUIRE(whole.chunks > 30);
    for (std::uint64_t at = 1; at <= whole.chunks; ++at) {
        CAPTURE(at);
        auto cut = hold_conversation(at, under_way);
        CHECK(cut.shown == whole.shown);
        CHECK(cut.settled == whole.settled);
    }
}

TEST_CASE("P1: the last words of a session are shown wherever it is cut, before the server says goodbye") {
    auto whole = hold_conversation(0, 1, "goodbye");
    REQUIRE(whole.shown.back().find("session.ended") != std::string::npos);
    for (std::uint64_t at = 1; at <= whole.chunks; ++at) {
        CAPTURE(at);
        auto cut = hold_conversation(at, 1, "goodbye");
        CHECK(cut.shown == whole.shown);
        CHECK(cut.settled == whole.settled);
    }
}
