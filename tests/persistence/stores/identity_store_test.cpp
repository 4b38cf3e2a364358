#include "persistence/stores/identity_store.hpp"
#include "tests/persistence/stores/rivals.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

const user_ref ann{{"acme"}, "ann"};

coach_identity named(std::string name) {
    coach_identity identity;
    identity.name = std::move(name);
    return identity;
}

stored<coach_identity> load(contract_store& store, const identity_store& identities, std::string id) {
    auto found = store.env.run(identities.load(std::move(id)));
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("an identity is read back with everything it was given") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    std::size_t count = 0;
    for (const auto& text : awkward_texts) {
        auto identity = named(text);
        identity.category = identity_category::doer_of_things;
        identity.state = identity_state::accepted;
        identity.description = text;
        identity.notes = awkward_texts;
        identity.sort_order = -3;
        auto id = "i" + std::to_string(count++);
        REQUIRE(commit(store, identities.create(id, identity)).committed());
        auto found = load(store, identities, id);
        CHECK(found.value.name == text);
        CHECK(found.value.category == identity_category::doer_of_things);
        CHECK(found.value.state == identity_state::accepted);
        CHECK(found.value.description == text);
        CHECK(found.value.notes == awkward_texts);
        CHECK(found.value.sort_order == -3);
        CHECK(store.env.run(identities.find(text))->key == id);
    }
    auto all = read_all(store, [&](const std::string& after) { return identities.list(after, 2); });
    REQUIRE(all.size() == count);
    CHECK(std::ranges::is_sorted(all, {}, &stored<coach_identity>::key));
}

TEST_CASE("of many identities created at once with one name in many spellings exactly one is") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    std::vector<record_writes> rivals;
    for (int i = 0; i < 50; ++i) {
        auto name = i % 3 == 0 ? "Élan Vital" : i % 3 == 1 ? "éLAN vital" : "ÉLAN  VITAL";
        rivals.push_back(*identities.create("i" + std::to_string(i), named(name)));
    }
    CHECK(winners(store, rivals) == 1);
    auto page = store.env.run(identities.list("", 100));
    REQUIRE(page);
    REQUIRE(page->records.size() == 1);
    CHECK(store.env.run(identities.find("élan vital"))->key == page->records[0].key);
}

TEST_CASE("a conflict tells a name that is taken from an identity that was changed") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    REQUIRE(commit(store, identities.create("i1", named("Painter"))).committed());
    auto taken = *identities.create("i2", named("PAINTER"));
    auto outcome = commit(store, taken);
    CHECK(outcome.error == errc::conflict);
    CHECK(identity_store::is_name(taken.at(outcome.conflicting_write)));

    auto before = load(store, identities, "i1");
    REQUIRE(commit(store, identities.update(before, named("Sculptor"))).committed());
    auto stale = *identities.update(before, named("Dancer"));
    outcome = commit(store, stale);
    CHECK(outcome.error == errc::conflict);
    CHECK_FALSE(identity_store::is_name(stale.at(outcome.conflicting_write)));
    CHECK(store.env.run(identities.find("Dancer")).error() == errc::not_found);
}

TEST_CASE("a name is free again once its identity has another, is archived or is erased") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    REQUIRE(commit(store, identities.create("i1", named("Painter"))).committed());
    REQUIRE(commit(store, identities.update(load(store, identities, "i1"), named("Sculptor"))).committed());
    REQUIRE(commit(store, identities.create("i2", named("Painter"))).committed());

    auto archived = named("Painter");
    archived.state = identity_state::archived;
    REQUIRE(commit(store, identities.update(load(store, identities, "i2"), archived)).committed());
    CHECK(store.env.run(identities.find("Painter")).error() == errc::not_found);
    REQUIRE(commit(store, identities.create("i3", named("painter"))).committed());
    auto back = identities.update(load(store, identities, "i2"), named("Painter"));
    CHECK(commit(store, back).error == errc::conflict);

    REQUIRE(commit(store, identities.erase(load(store, identities, "i3"))).committed());
    CHECK(commit(store, back).committed());
    CHECK(store.env.run(identities.find("PAINTER"))->key == "i2");
}

TEST_CASE("a name may change its case, and differs from that of another user") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    identity_store others(*store.db, {{"acme"}, "bob"});
    REQUIRE(commit(store, identities.create("i1", named("painter"))).committed());
    REQUIRE(commit(store, identities.update(load(store, identities, "i1"), named("Painter"))).committed());
    CHECK(load(store, identities, "i1").value.name == "Painter");
    CHECK(commit(store, others.create("i1", named("Painter"))).committed());
}

TEST_CASE("many renames at once of two identities to one name leave one name to each") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    REQUIRE(commit(store, identities.create("i1", named("one"))).committed());
    REQUIRE(commit(store, identities.create("i2", named("two"))).committed());
    auto first = load(store, identities, "i1");
    auto second = load(store, identities, "i2");
    std::vector<record_writes> rivals;
    for (int i = 0; i < 20; ++i)
        rivals.push_back(*identities.update(i % 2 == 0 ? first : second, named("Three")));
    CHECK(winners(store, rivals) == 1);
    auto names = store.scan({"identity_name", ann.to_scope(), "", 10});
    CHECK(names.size() == 2);
    auto holder = store.env.run(identities.find("three"));
    REQUIRE(holder);
    auto other = holder->key == "i1" ? "two" : "one";
    CHECK(store.env.run(identities.find(other))->key != holder->key);
}

TEST_CASE("an identity's state falls only where that is intended") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    auto identity = named("Painter");
    identity.state = identity_state::commitment_complete;
    REQUIRE(commit(store, identities.create("i1", identity)).committed());
    auto before = load(store, identities, "i1");
    auto refused = identities.update(before, named("Painter"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == "/state");
    CHECK(identities.update(before, named("Painter"), identity_store::lowering::intended));
}

TEST_CASE("an identity outside its schema is refused before it is written, with the place") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    auto pointer = [&](const coach_identity& identity) {
        auto writes = identities.create("i1", identity);
        REQUIRE_FALSE(writes);
        return writes.error().pointer;
    };
    CHECK(pointer(named("")) == "/name");
    CHECK(pointer(named("two\nlines")) == "/name");
    CHECK(pointer(named(" outer ")) == "/name");
    CHECK(pointer(named("\xff")) == "/name");
    CHECK(pointer(named(std::string(121, 'x'))) == "/name");
    auto nested = named("a");
    nested.parent = "i1";
    CHECK(pointer(nested) == "/parent");
    auto noted = named("a");
    noted.notes = {"fine", std::string(4097, 'x')};
    CHECK(pointer(noted) == "/notes/1");
    noted.notes.assign(201, "x");
    CHECK(pointer(noted) == "/notes");
    CHECK_FALSE(identities.create("", named("a")));
    CHECK_FALSE(identity_store(*store.db, {}).create("i1", named("a")));
}

TEST_CASE("an identity that breaks its schema, or that a newer program wrote, is reported and left alone") {
    contract_store store(EVERY_DATABASE_TYPE);
    identity_store identities(*store.db, ann);
    auto write = identities.create("i1", named("Painter"))->front();
    write.mode = write_mode::upsert;
    auto error_of = [&](std::string value) {
        write.value = std::move(value);
        REQUIRE(store.commit(write).committed());
        return store.env.run(identities.load("i1")).error();
    };
    CHECK(error_of("{") == errc::corrupt);
    CHECK(error_of("[]") == errc::bad_record);
    CHECK(error_of(R"({"name":"Painter","category":"spiritual","state":"asleep"})") == errc::bad_record);
    CHECK(error_of(R"({"name":"Painter","category":"spiritual","state":"proposed","mood":1})") ==
          errc::bad_record);
    write.schema_version = 2;
    CHECK(error_of(R"({"name":"Painter","category":"spiritual","state":"proposed","mood":1})") ==
          errc::newer_schema);
    CHECK(store.env.run(identities.list("", 10)).error() == errc::newer_schema);
}
