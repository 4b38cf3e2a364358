#include "persistence/stores/memory_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const scope ann{"acme", "home", "robot-1", "ann"};

std::vector<std::string> items_of(contract_store& store, const memory_store& memory, std::string list) {
    auto found = store.env.run(memory.load_list(std::move(list)));
    REQUIRE(found);
    std::vector<std::string> items;
    for (const auto& one : *found)
        items.push_back(one.value.item);
    return items;
}

} // namespace

TEST_CASE("name and birthday of somebody are learned one after the other, and neither is lost") {
    contract_store store(EVERY_DATABASE_TYPE);
    memory_store memory(*store.db, ann);
    CHECK(store.env.run(memory.load_profile()).error() == errc::not_found);
    REQUIRE(commit(store, memory.save_profile({"Zoë", std::nullopt}, {})).committed());
    auto read = store.env.run(memory.load_profile());
    REQUIRE(read);
    auto both = read->value;
    both.birthday = calendar_day{2, 29, std::nullopt};
    REQUIRE(commit(store, memory.save_profile(both, read->revision)).committed());
    CHECK(commit(store, memory.save_profile({"Bob", std::nullopt}, read->revision)).error == errc::conflict);
    CHECK(store.env.run(memory.load_profile())->value.name == "Zoë");
    CHECK(store.env.run(memory.load_profile())->value.birthday == both.birthday);
}

TEST_CASE("a day that no calendar has is refused") {
    contract_store store(database_type::memory);
    memory_store memory(*store.db, ann);
    CHECK(memory.note_date({"leap day", {2, 29, 2024}}));
    CHECK(memory.note_date({"leap day", {2, 29, 2023}}).error().pointer == "/date/day");
    CHECK(memory.note_date({"none", {4, 31, std::nullopt}}).error().pointer == "/date/day");
    CHECK(memory.note_date({"none", {13, 1, std::nullopt}}).error().pointer == "/date/month");
    CHECK(memory.note_date({"none", {}}).error().pointer == "/date/month");
}

TEST_CASE(
    "a preference, a date and a feeling are found in any case, and the new takes the place of the old") {
    contract_store store(EVERY_DATABASE_TYPE);
    memory_store memory(*store.db, ann);
    for (const auto& text : awkward_texts) {
        REQUIRE(commit(store, memory.prefer({text, "old"})).committed());
        REQUIRE(commit(store, memory.prefer({text, text})).committed());
        CHECK(store.env.run(memory.find_preference(text))->value.value == text);
        REQUIRE(commit(store, memory.note_date({text, {12, 24, 2020}})).committed());
        CHECK(store.env.run(memory.find_date(text))->value.date == calendar_day{12, 24, 2020});
    }
    auto count = awkward_texts.size();
    CHECK(read_all(store, [&](const std::string& after) {
              return memory.list_preferences(after, 2);
          }).size() == count);
    CHECK(read_all(store, [&](const std::string& after) { return memory.list_dates(after, 2); }).size() ==
          count);

    REQUIRE(commit(store, memory.feel({"Blue Cheese", feeling::like})).committed());
    REQUIRE(commit(store, memory.feel({"BLUE cheese", feeling::dislike})).committed());
    auto page = store.env.run(memory.list_affinities("", 10));
    REQUIRE(page->records.size() == 1);
    CHECK(page->records[0].value.feeling == feeling::dislike);
    REQUIRE(store.commit(memory.forget_affinity("blue CHEESE")).committed());
    CHECK(store.env.run(memory.find_affinity("Blue Cheese")).error() == errc::not_found);
    REQUIRE(store.commit(memory.forget_preference(awkward_texts[0])).committed());
    CHECK(store.env.run(memory.find_preference(awkward_texts[0])).error() == errc::not_found);
    REQUIRE(store.commit(memory.forget_date(awkward_texts[0])).committed());
    CHECK(store.env.run(memory.find_date(awkward_texts[0])).error() == errc::not_found);
}

TEST_CASE("an item that many put on a list at once, in any case, is on it once") {
    contract_store store(EVERY_DATABASE_TYPE);
    memory_store memory(*store.db, ann);
    std::vector<record_writes> rivals;
    for (std::uint64_t i = 0; i < 60; ++i) {
        const auto* item = i % 3 == 0 ? "Müsli" : i % 3 == 1 ? "MÜSLI" : "Brot";
        rivals.push_back({*memory.add_item({i % 2 == 0 ? "Shopping" : "SHOPPING", item, i})});
    }
    CHECK(winners(store, rivals) == 2);
    CHECK(items_of(store, memory, "shopping").size() == 2);
}

TEST_CASE("a list is read by position, and apart from lists with similar names and other owners") {
    contract_store store(EVERY_DATABASE_TYPE);
    memory_store memory(*store.db, ann);
    memory_store household(*store.db, {"acme", "home", "", ""});
    std::uint64_t position = 100;
    for (const auto& text : awkward_texts)
        REQUIRE(commit(store, memory.add_item({"to-do", text, position--})).committed());
    REQUIRE(commit(store, memory.add_item({"to-do 2", "elsewhere", 0})).committed());
    REQUIRE(commit(store, memory.add_item({"to", "elsewhere", 0})).committed());
    REQUIRE(commit(store, household.add_item({"to-do", "theirs", 0})).committed());

    auto reversed = awkward_texts;
    std::ranges::reverse(reversed);
    CHECK(items_of(store, memory, "TO-DO") == reversed);
    CHECK(items_of(store, household, "to-do") == std::vector<std::string>{"theirs"});

    REQUIRE(store.commit(memory.remove_item("To-Do", "ANN'S \"LIST\"")).committed());
    CHECK(items_of(store, memory, "to-do").size() == awkward_texts.size() - 1);
    CHECK(commit(store, memory.add_item({"to-do", awkward_texts[0], 1})).committed());
    CHECK(memory.add_item({"a/b", "x", 0}).error().pointer == "/list");
}
