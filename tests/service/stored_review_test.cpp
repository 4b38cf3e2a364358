#include "service/stored_review.hpp"

#include "tests/service/two_versions.hpp"
#include "tests/support/catch_result.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

namespace {

machine_catalog catalog_of(const std::vector<ordered_json>& documents) {
    machine_catalog made;
    for (const auto& document : documents)
        made.add(load(document));
    return made;
}

/// Without a way from the state `on`.
ordered_json leaving_out_on() {
    auto document = second_version();
    document["migrations"][0]["rename"].erase("on");
    return document;
}

/// A store in which sessions of version 1 sleep: one that is off, and others.
class sleeping : public changing_house {
public:
    /// Another session, to which this is said; its id.
    std::string add(const std::string& text) {
        auto device = "d-" + std::to_string(++devices_);
        auto other = connect();
        auto welcomed = attach(*other, workshop::hello(device));
        other->say(house::turn(device, 1, text));
        env.run_ready();
        return welcomed["session"];
    }

    stored_review review(const machine_catalog& machines, const std::string& machine = "worker") {
        auto told = env.run(review_stored(&database, &machines, machine, env.utc_now(),
                                          [this](auto now) { progress = now.done; }));
        REQUIRE(told.has_value());
        return std::move(*told);
    }

    std::uint64_t progress = 0;

private:
    int devices_ = 100;
};

} // namespace

TEST_CASE("of stored sessions those without a way are told, by version and state") {
    sleeping h;
    std::vector<std::string> on;
    for (int i = 0; i < 12; ++i)
        on.push_back(h.add("hi"));
    h.add("boil");
    h.add("finish");
    auto commits = h.database.commits();
    auto found = h.review(catalog_of({leaving_out_on()}));
    CHECK(h.database.commits() == commits);
    CHECK(h.progress == 15);
    CHECK(found.sessions == 15);
    CHECK(found.migrating == 3); // one is off, one boils, and one that has ended can be shown
    CHECK_FALSE(found.passed());
    REQUIRE(found.refused.size() == 1);
    const auto& refused = found.refused[0];
    CHECK(refused.version == 1);
    CHECK(refused.state == "on");
    CHECK(refused.why == "the state 'on' has no place in version 2");
    CHECK(refused.sessions == 12);
    CHECK(refused.ids.size() == stored_review::most_ids);
    for (const auto& id : refused.ids)
        CHECK(std::ranges::find(on, id.text) != on.end());

    auto text = describe("new.json", "the store", found);
    CHECK(text.starts_with("new.json with the store: no way from the state 'on' of version 1 for 12 "
                           "sessions: the state 'on' has no place in version 2 ("));
    CHECK(text.ends_with(", ...)\nnew.json with the store: 15 sessions: 3 go over, 12 would be refused\n"));
    auto told = describe_json("the store", found);
    CHECK(told["passed"] == false);
    CHECK(told["refused"][0]["sessions"] == 12);
    CHECK(told["refused"][0]["ids"].size() == 10);
}

TEST_CASE("what becomes of stored sessions is what a server would do with them") {
    sleeping h;
    h.add("hi");
    h.add("finish");
    SECTION("they go over") {
        auto found = h.review(catalog_of({second_version()}));
        CHECK(found.migrating == 3);
        CHECK(found.passed());
        CHECK(describe("n", "s", found) == "n with s: 3 sessions: 3 go over\n");
    }
    SECTION("they stay with their version where that is here and there is no way") {
        auto found = h.review(catalog_of({leaving_out_on(), first_version()}));
        CHECK(found.migrating == 2);
        CHECK(found.staying == 1);
        CHECK(found.passed());
    }
    SECTION("they begin anew, but for those that have ended") {
        auto found = h.review(catalog_of({second_version("restart")}));
        CHECK(found.restarting == 2);
        CHECK(found.migrating == 1);
        auto without = second_version("restart");
        without["migrations"] = ordered_json::array();
        found = h.review(catalog_of({without}));
        CHECK(found.restarting == 2);
        CHECK(found.closed == 1);
        CHECK(found.passed());
    }
    SECTION("there is no way back") {
        h.run({second_version()});
        h.come_back();
        auto found = h.review(catalog_of({first_version()}));
        REQUIRE(found.refused.size() == 1);
        CHECK(found.refused[0].version == 2);
        CHECK(found.refused[0].state == "dark");
        CHECK(found.staying == 2);
    }
    SECTION("other machines' sessions and those past their life don't count") {
        h.machines.add(test_machine());
        auto other = h.connect();
        h.attach(*other, house::hello("d-9"));
        CHECK(h.review(catalog_of({second_version()})).sessions == 3);
        h.stop();
        h.env.advance(h.limits.session_life + seconds(1));
        CHECK(h.review(catalog_of({second_version()})).sessions == 0);
        CHECK(describe("n", "s", {}) == "n with s: 0 sessions\n");
    }
    SECTION("damaged ones are counted apart") {
        h.stop();
        auto row = h.row();
        row.state[row.state.size() - 2] = '!';
        persistence::change_set damage;
        damage.now = h.env.utc_now();
        damage.session.emplace();
        damage.session->row = row;
        damage.session->expected = persistence::session_fence{row.owner_generation, row.revision};
        REQUIRE(h.env.run(h.database.commit(std::move(damage))).committed());
        auto found = h.review(catalog_of({second_version()}));
        CHECK(found.damaged == 1);
        CHECK(found.migrating == 2);
    }
}

TEST_CASE("kinds of refused sessions are bounded, and what is beyond is counted") {
    stored_review found;
    found.sessions = 7;
    found.refused.push_back({1, "a.b | c", "why", 1, {session_id{"s-1"}}});
    found.refused_others = 6;
    CHECK(describe("n", "s", found) ==
          "n with s: no way from the state 'a.b | c' of version 1 for 1 session: "
          "why (s-1)\n"
          "n with s: nor for 6 sessions in other states or versions\n"
          "n with s: 7 sessions: 7 would be refused\n");
}
