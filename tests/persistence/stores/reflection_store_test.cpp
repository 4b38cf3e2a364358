#include "persistence/stores/reflection_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const user_ref ann{{"acme"}, "ann"};

reflection exchange(std::string input, std::string output) {
    reflection about;
    about.input = std::move(input);
    about.output = std::move(output);
    return about;
}

std::string words(int count, const std::string& word = "paint ") {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += word;
    return text;
}

} // namespace

TEST_CASE("a reflection has its score by the table of points") {
    struct row {
        std::string input, output;
        int score;
        std::size_t recommendations;
    };
    for (const auto& [input, output, score, recommendations] : std::vector<row>{
             {"I paint", "You paint every day.", 100, 0},
             {"I PAINT every DOOR", "Paint: every door!", 100, 0},
             {"", "Hello.", 100, 0},
             {"to be or not", "That is it.", 100, 0}, // no word of four letters
             {"I paint", "Nice.", 60, 1},
             {"paint door wall roof", "Which wall?", 70, 1},
             {"paint door wall roof", "The wall or the door?", 80, 0},
             {"paint paint paint door", "paint", 80, 0}, // a word counts once
             {"ÜBER Straße", "Über die straße", 100, 0},
             {"I paint", "", 0, 1},
             {"I paint", " ... ?!", 0, 1},
             {"I paint", words(60), 100, 0},
             {"I paint", words(61), 80, 1},
             {"I paint", "Paint what? Why?", 90, 1},
             {"door", words(61) + "? ?", 30, 3},
         }) {
        INFO(input << " -> " << output);
        auto result = scored(exchange(input, output));
        CHECK(result.score == score);
        CHECK(result.recommendations.size() == recommendations);
        CHECK(scored(result).score == result.score);
        CHECK(scored(result).recommendations == result.recommendations);
    }
}

TEST_CASE("a reflection's summary is the first sentence, cut between characters") {
    CHECK(scored(exchange("", "  One two.  Three.")).summary == "One two.");
    CHECK(scored(exchange("", "One\ntwo")).summary == "One");
    CHECK(scored(exchange("", "no end")).summary == "no end");
    CHECK(scored(exchange("", "")).summary.empty());
    CHECK(scored(exchange("", "x" + words(100, "é"))).summary == "x" + words(79, "é"));
}

TEST_CASE("reflections of one session are kept in order, each once, with everything they were given") {
    contract_store store(EVERY_DATABASE_TYPE);
    reflection_store reflections(*store.db, ann);
    for (std::size_t i = 0; i < awkward_texts.size(); ++i) {
        auto about = exchange(awkward_texts[i], awkward_texts[i]);
        about.tags = awkward_texts;
        about.notes = awkward_texts[i];
        REQUIRE(commit(store, reflections.add("s1", std::to_string(i), about)).committed());
        CHECK(commit(store, reflections.add("s1", std::to_string(i), about)).error == errc::conflict);
    }
    REQUIRE(commit(store, reflections.add("s10", "0", exchange("a", "b"))).committed());
    auto all = read_all(store, [&](const std::string& after) { return reflections.list("s1", after, 4); });
    REQUIRE(all.size() == awkward_texts.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].value.input == awkward_texts[i]);
        CHECK(all[i].value.notes == awkward_texts[i]);
        CHECK(all[i].value.tags == awkward_texts);
        CHECK(all[i].value.score == scored(all[i].value).score);
    }
    REQUIRE(store.commit(reflections.erase(all[0])).committed());
    CHECK(store.env.run(reflections.load("s1", "0")).error() == errc::not_found);
    CHECK(store.env.run(reflections.load("s1", "1"))->value.output == awkward_texts[1]);
}
