#include "tests/e2e/journal_checks.hpp"

#include "tests/support/catch.hpp"

namespace rejoinder::tests {
namespace {

/// An event frame as the log stores it: without what belongs to its delivery.
json as_stored(json event) {
    event.erase("type");
    event.erase("replayed");
    return event;
}

void check_replay(const journal& notes, std::size_t w) {
    const auto& welcome = notes.welcomes[w];
    auto until = welcome.frame.at("head").get<std::uint64_t>();
    if (w + 1 < notes.welcomes.size()) until = std::min(until, notes.welcomes[w + 1].had);
    for (auto seq = welcome.had + 1; seq <= until && seq <= notes.events.size(); ++seq) {
        CAPTURE(notes.events[seq - 1].dump());
        CHECK(notes.events[seq - 1].value("replayed", false));
    }
}

} // namespace

outcomes check_welcomes(const journal& notes) {
    outcomes seen;
    REQUIRE_FALSE(notes.welcomes.empty());
    const auto& first = notes.welcomes.front().frame;
    CHECK(first.at("outcome") == "new");
    for (std::size_t i = 1; i < notes.welcomes.size(); ++i) {
        const auto& [had, frame, life] = notes.welcomes[i];
        CAPTURE(i, had, frame.dump());
        CHECK(frame.at("session") == first.at("session"));
        CHECK(frame.at("epoch") == first.at("epoch"));
        CHECK(frame.at("generation") > notes.welcomes[i - 1].frame.at("generation"));
        if (frame.at("head") == had) {
            CHECK(frame.at("outcome") == "lossless");
            ++seen.lossless;
        } else {
            CHECK(frame.at("head") > had);
            CHECK(frame.at("outcome") == "replayed");
            CHECK(frame.value("from", std::uint64_t{0}) == had + 1);
            check_replay(notes, i);
            ++seen.replayed;
        }
    }
    return seen;
}

void check_events(const journal& notes) {
    for (std::size_t i = 0; i < notes.events.size(); ++i) {
        CAPTURE(i, notes.events[i].dump());
        REQUIRE(notes.events[i].at("seq") == i + 1);
    }
}

void check_stored(const journal& notes, const stored_session& stored) {
    CHECK(stored.head == notes.seen());
    CHECK(stored.heard == notes.turns.size());

    REQUIRE(stored.turns.size() == notes.turns.size());
    for (std::size_t i = 0; i < notes.turns.size(); ++i) {
        const auto& said = notes.turns[i];
        const auto& kept = stored.turns[i];
        CAPTURE(i, said.id);
        CHECK(said.accepted);
        CHECK(kept.id == said.id);
        CHECK(kept.number == said.number);
        CHECK(kept.text == said.text);
        CHECK(kept.status == "done");
        CHECK(kept.first == said.first);
        CHECK(kept.last == said.last);
    }

    REQUIRE(stored.events.size() == notes.events.size());
    for (std::size_t i = 0; i < notes.events.size(); ++i) {
        CAPTURE(i);
        CHECK(stored.events[i].at("seq") == i + 1);
        CHECK(stored.events[i] == as_stored(notes.events[i]));
    }
    for (const auto& said : notes.turns) {
        const auto& answer = notes.events[said.first - 1];
        CHECK(answer.value("turn", "") == said.id);
        CHECK(answer.at("data").value("text", "") == said.text);
    }
}

} // namespace rejoinder::tests
