#include "persistence/lifecycle/erase.hpp"
#include "persistence/stores/tombstone.hpp"
#include "tests/persistence/lifecycle/house.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

using lifecycle::subject;

lifecycle::erase_report erase(lifecycle_house& house, database& db, const subject& who,
                              lifecycle::run_mode how = lifecycle::run_mode::real) {
    auto report = house.env.run(lifecycle::erase_subject(&house.env, &db, who, how, {}));
    REQUIRE(report);
    return *report;
}

/// Names of the files in a folder, and below it, that hold a text.
std::vector<std::string> files_with(const std::filesystem::path& folder, const std::string& text) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && bytes_of(entry.path().string()).find(text) != std::string::npos)
            found.push_back(entry.path().filename().string());
    return found;
}

/// Data of two people in one account, in which each is known by a word of their own.
void put_people(lifecycle_house& house, database& db) {
    for (const std::string person : {"marguerite", "wilhelmina"}) {
        scope user{"acme", "", "", person};
        scope home{"acme", "home", "", ""};
        auto word = "word-of-" + person;
        house.put(db, {"user_note", user, "n1"}, json{{"note", word}});
        house.put(db, {"identity_name", user, word}, json{{"name", word}, {"identity", "i1"}});
        house.put(db, {"message", user, person + "-s/00000000000000000001"},
                  json{{"role", "user"}, {"content", word}});
        house.put(db, {"person", home, person}, json{{"first_name", word}});
        house.put(db, {"presence", home, person}, json{{"last_seen", 1000}});
        house.put(db, {"reflection", {"acme", "", "", ""}, person + "-s/r1"},
                  json{{"input", word}, {"output", word}});
        house.put(db, {"robot_session", {"acme", "", "robot-of-" + person, ""}, "chat"}, json(person + "-s"));
        house.put(db, {"user_data", user, "soon"}, json(word), house.env.utc_now() + milliseconds(1));
        house.put_session(db, session_of(person + "-s", "acme", person), 5, word);
    }
    house.put(db, {"loop", {"acme", "", "", ""}, "home"}, json{{"name", "Home"}, {"owner", "marguerite"}});
    house.env.advance(milliseconds(10));
}

/// What a server does with the bytes of what was removed is its administrator's.
bool has_files_of_its_own(database_type type) {
    return type == database_type::file || type == database_type::sqlite;
}

} // namespace

TEST_CASE(
    "P12: erasing a person leaves no record, session, log entry or byte of theirs, and all of the others'") {
    lifecycle_house house;
    auto type = EVERY_STORE;
    auto& db = house.open(type);
    put_people(house, db);
    auto before = house.digest(db);
    subject who{subject::kind::person, "acme", "marguerite"};

    auto preview = erase(house, db, who, lifecycle::run_mode::dry);
    CHECK(house.digest(db) == before);
    auto report = erase(house, db, who);
    CHECK(report.records == 8);
    CHECK(report.sessions == 1);
    CHECK(report.mended == 1);
    CHECK(preview.records == report.records);
    CHECK(preview.sessions == report.sessions);
    CHECK(preview.mended == report.mended);

    auto after = house.digest(db);
    CHECK(after.records == before.records - 8);
    CHECK(after.sessions == 1);
    CHECK(after.entries == 5);
    auto loop = house.read(db, {"loop", {"acme", "", "", ""}, "home"});
    REQUIRE(loop);
    CHECK(loop->value == R"({"name":"Home"})");
    if (!has_files_of_its_own(type)) return;
    CHECK(files_with(house.folder(), "marguerite") == std::vector<std::string>());
    CHECK_FALSE(files_with(house.folder(), "word-of-wilhelmina").empty());
    house.close();
    CHECK(files_with(house.folder(), "marguerite") == std::vector<std::string>());
    auto& again = house.open(type);
    CHECK(house.digest(again) == after);
}

TEST_CASE("erasing a user takes the user's records and sessions and leaves the person in the loop") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    put_people(house, db);
    erase(house, db, {subject::kind::user, "acme", "marguerite"});
    CHECK_FALSE(house.read(db, {"user_note", {"acme", "", "", "marguerite"}, "n1"}));
    CHECK_FALSE(house.env.run(db.read_session(session_id{"marguerite-s"})));
    CHECK(house.read(db, {"person", {"acme", "home", "", ""}, "marguerite"}));
    CHECK(house.read(db, {"loop", {"acme", "", "", ""}, "home"}));
}

TEST_CASE("erasing an account takes all that is its own, its tokens too, and nothing of another account") {
    lifecycle_house house;
    auto type = EVERY_STORE;
    auto& db = house.open(type);
    fill(house, db);
    house.put(db, {"user_note", {"zeta", "", "", "ann"}, "n1"}, json{{"note", "of another account"}});
    house.put_session(db, session_of("z1", "zeta", "ann"), 1);
    house.env.advance(milliseconds(10));
    erase(house, db, {subject::kind::account, "acme", ""});
    auto after = house.digest(db);
    // The store's own: a backup, a manifest and a server's lease; and the note.
    CHECK(after.records == 4);
    CHECK(after.sessions == 1);
    CHECK_FALSE(house.read(db, {"access_token", {}, std::string(64, 'a')}));
    if (!has_files_of_its_own(type)) return;
    CHECK(files_with(house.folder(), "acme") == std::vector<std::string>());
}

TEST_CASE("an erasure is kept as a hash that names nobody, and erases what comes back") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    subject who{subject::kind::person, "acme", "marguerite"};
    auto note = record_id{"user_note", {"acme", "", "", "marguerite"}, "n1"};
    house.put(db, note, json{{"note", "hello"}});
    house.env.advance(milliseconds(10));
    erase(house, db, who);
    auto kept = house.read(db, {"tombstone", {}, lifecycle::erasures::hash_of(who)});
    REQUIRE(kept);
    CHECK(kept->value.find("marguerite") == std::string::npos);
    auto known = house.env.run(lifecycle::load_erasures(&db));
    REQUIRE(known);
    CHECK(known->size() == 1);
    CHECK(known->cover(who, house.env.utc_now()));

    // Who comes back later is somebody new.
    house.env.advance(milliseconds(1000));
    house.put(db, note, json{{"note", "back again"}});
    auto report = house.env.run(lifecycle::apply_erasures(&house.env, &db, *known, {}));
    REQUIRE(report);
    CHECK(report->records == 0);
    CHECK(house.read(db, note));
}

TEST_CASE("no two people have the same hash") {
    using kind = subject::kind;
    auto hash = [](kind what, std::string account, std::string id) {
        return lifecycle::erasures::hash_of({what, std::move(account), std::move(id)});
    };
    CHECK(hash(kind::person, "a", "bc") != hash(kind::person, "ab", "c"));
    CHECK(hash(kind::person, "a", "b") != hash(kind::user, "a", "b"));
    CHECK(hash(kind::account, "a", "").size() == 64);
}

TEST_CASE("erasing a session takes it and what is kept for it, and nothing else, also when it comes back") {
    lifecycle_house house;
    auto& db = house.open(EVERY_STORE);
    put_people(house, db);
    auto before = house.digest(db);
    record_id message{"message", {"acme", "", "", "marguerite"}, "marguerite-s/00000000000000000001"};
    subject which{subject::kind::session, "", "marguerite-s"};
    auto preview = erase(house, db, which, lifecycle::run_mode::dry);
    CHECK(house.digest(db) == before);
    auto report = erase(house, db, which);
    CHECK(preview.records == report.records);
    CHECK(report.records == 3); // a message, a reflection and the robot's place
    CHECK(report.sessions == 1);
    CHECK_FALSE(house.env.run(db.read_session(session_id{"marguerite-s"})));
    CHECK_FALSE(house.read(db, message));
    CHECK(house.env.run(db.read_session(session_id{"wilhelmina-s"})));
    CHECK(house.read(db, {"user_note", {"acme", "", "", "marguerite"}, "n1"}));

    house.put(db, message, json{{"role", "user"}, {"content", "from a backup"}});
    auto known = house.env.run(lifecycle::load_erasures(&db));
    REQUIRE(known);
    auto stands = house.read(db, message);
    REQUIRE(stands);
    stands->created = utc_time();
    CHECK(known->cover(*stands));
}
