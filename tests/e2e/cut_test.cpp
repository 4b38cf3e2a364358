// The connection is cut again and again, and the conversation is the one that it would have been without.

#include "tests/e2e/journal_checks.hpp"
#include "tests/e2e/served.hpp"
#include "tests/e2e/talker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_folder.hpp"

#include <array>
#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A way to a server that breaks; with no cuts planned, one that holds.
class brittle_link final : public fate {
public:
    brittle_link(std::string url, std::uint32_t seed, std::size_t cuts)
        : url_(std::move(url)), random_(seed), planned_cuts_(cuts) {
        plan();
    }

    bool has_broken_enough() const { return cuts_ >= planned_cuts_; }
    const std::array<std::size_t, moments>& cuts_by_moment() const { return by_moment_; }

    std::string url() const override { return url_; }
    std::size_t life() const override { return 0; }

    std::optional<milliseconds> strike(moment at) override {
        // A link that was never made can't break.
        if (at == moment::hello_unsent || has_broken_enough() || at != moment_ || --countdown_ > 0)
            return std::nullopt;
        ++cuts_;
        ++by_moment_[static_cast<std::size_t>(at)];
        auto rest = milliseconds(choose(0, 2) == 0 ? choose(0, 12) : 0);
        plan();
        return rest;
    }

private:
    void plan() {
        moment_ = static_cast<moment>(choose(1, moments - 1));
        countdown_ = moment_ < moment::turn_unsent ? 1 : choose(1, 4);
    }

    int choose(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }

    std::string url_;
    std::mt19937 random_;
    std::size_t planned_cuts_;
    std::size_t cuts_ = 0;
    std::array<std::size_t, moments> by_moment_{};
    moment moment_ = moment::turn_sent;
    int countdown_ = 1;
};

/// What an event says, apart from when it was said.
json timeless(json event) {
    event.erase("at");
    event.erase("replayed");
    event["data"].erase("elapsed");
    return event;
}

} // namespace

TEST_CASE("a conversation over a hundred cuts is the one without any") {
    auto seed = test_seed();
    CAPTURE(seed);
    temporary_folder folder;
    auto server = serve("sqlite:" + folder.file("sessions.db"), unhurried());
    real_environment world;

    brittle_link brittle(server->url(), seed, 100);
    talker often_cut(world.env(), brittle, "device");
    world.run(often_cut.talk([&] { return often_cut.notes().cuts < 100; }), std::chrono::seconds(120));

    auto other = serve("sqlite:" + folder.file("other.db"), unhurried());
    brittle_link sound(other->url(), seed, 0);
    talker never_cut(world.env(), sound, "device");
    auto turns = often_cut.notes().turns.size();
    world.run(never_cut.talk([&] { return never_cut.notes().turns.size() < turns; }),
              std::chrono::seconds(120));

    const auto& notes = often_cut.notes();
    const auto& plain = never_cut.notes();
    CAPTURE(notes.complaints, plain.complaints);
    REQUIRE(notes.complaints.empty());
    REQUIRE(plain.complaints.empty());
    CHECK(plain.welcomes.size() == 1);
    CHECK(notes.cuts >= 100);
    for (std::size_t m = 1; m < moments; ++m)
        CHECK(brittle.cuts_by_moment()[m] > 0);

    check_events(notes);
    auto seen = check_welcomes(notes);
    CHECK(seen.lossless > 0);
    CHECK(seen.replayed > 0);
    CHECK(notes.duplicates > 0);
    REQUIRE(notes.events.size() == plain.events.size());
    for (std::size_t i = 0; i < notes.events.size(); ++i)
        CHECK(timeless(notes.events[i]) == timeless(plain.events[i]));

    CHECK(server->stop(milliseconds(10'000)) == 0);
    stored_sessions stored(folder.file("sessions.db"));
    CHECK(stored.repeated_turns().empty());
    check_stored(notes, stored.session(notes.session));
}
