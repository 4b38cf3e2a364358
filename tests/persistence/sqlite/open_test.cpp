#include "persistence/sqlite/schema.hpp"
#include "persistence/sqlite/store_file.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/ordinary_user.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

struct place {
    temporary_folder folder;
    std::string path = folder.file("store.db");
    manual_environment env;
    std::string why;

    result<std::unique_ptr<database>> open() {
        why.clear();
        database_options options;
        options.type = database_type::sqlite;
        options.location = path;
        return open_database(env, options, why);
    }

    /// Opens, writes one record and one session, closes.
    std::string make() {
        auto db = open();
        REQUIRE(db);
        change_set changes;
        changes.session = new_session("s1");
        changes.writes = {put("a", R"("kept")")};
        auto outcome = env.run((*db)->commit(std::move(changes)));
        REQUIRE(outcome.committed());
        auto incarnation = (*db)->incarnation();
        env.run((*db)->close());
        return incarnation;
    }

    /// Expects a refusal that names the file, tells what to do and leaves the file as it is.
    void check_refused(errc expected, const std::string& hint) {
        auto before = bytes_of(path);
        auto db = open();
        REQUIRE_FALSE(db);
        INFO(why);
        CHECK(db.error() == expected);
        CHECK(why.find(path) != why.npos);
        CHECK(why.find(hint) != why.npos);
        CHECK(bytes_of(path) == before);
    }

    mode_t permissions(const std::string& of) {
        struct stat about{};
        REQUIRE(::stat(of.c_str(), &about) == 0);
        return about.st_mode & 0777;
    }

    std::string in_folder(const std::string& name) { return folder.file(name); }

    void let_everybody_in() { REQUIRE(::chmod(folder.path().c_str(), 0777) == 0); }
};

} // namespace

TEST_CASE("what was committed is there after the store is opened again, under the same incarnation") {
    place at;
    auto incarnation = at.make();
    auto db = at.open();
    REQUIRE(db);
    CHECK((*db)->incarnation() == incarnation);
    CHECK((*db)->durability() == durability::group);
    CHECK(at.env.run((*db)->read(id_of("a")))->value == R"("kept")");
    CHECK(at.env.run((*db)->read_session({"s1"}))->machine == "greeter");
    at.env.run((*db)->close());
}

TEST_CASE("a proper end leaves no log beside the file") {
    place at;
    at.make();
    CHECK_FALSE(std::filesystem::exists(at.path + "-wal"));
    CHECK(raw_file(at.path).single("select value from meta where key = 'closed'") == "yes");
}

TEST_CASE("the file and its folders are made for their owner only") {
    place at;
    at.path = at.in_folder("new/deep/store.db");
    at.make();
    CHECK(at.permissions(at.path) == 0600);
    CHECK(at.permissions(at.in_folder("new/deep")) == 0700);
    CHECK(at.permissions(at.in_folder("new")) == 0700);
}

TEST_CASE("an empty file, left by a start that was interrupted, becomes a store") {
    place at;
    write_bytes(at.path, "");
    at.make();
}

TEST_CASE("the settings that durability and integrity depend on are in force") {
    place at;
    at.make();
    auto on = sqlite::connect(at.path);
    CHECK(on->single("pragma journal_mode") == "wal");
    CHECK(on->single("pragma synchronous") == "2");
    CHECK(on->single("pragma foreign_keys") == "1");
    CHECK(on->single("pragma trusted_schema") == "0");
    CHECK(on->single("pragma secure_delete") == "2");
    CHECK(on->single("pragma busy_timeout") == "2000");
    CHECK(on->single("pragma wal_autocheckpoint") == "8000");
    CHECK(on->single("pragma application_id") == std::to_string(sqlite::application_id));
    CHECK(on->single("select count(*) from pragma_table_list where schema = 'main' and type = 'table' "
                     "and name not like 'sqlite_%' and not strict") == "0");
    CHECK(on->single("select count(*) from pragma_table_list where name in ('record', 'session_log')") ==
          "2");
}

TEST_CASE("a fresh store records its migrations, and opening it again applies none") {
    place at;
    at.make();
    std::string recorded = "select group_concat(module || version || ' ' || software_version || applied_utc "
                           "|| checksum) from migration";
    auto before = raw_file(at.path).single(recorded);
    CHECK(before.find("store1 ") == 0);
    CHECK(before.find(std::to_string(to_unix(at.env.utc_now()))) != before.npos);
    at.env.advance(seconds(60));
    auto db = at.open();
    REQUIRE(db);
    CHECK((*db)->schema().found == (*db)->schema().now);
    at.env.run((*db)->close());
    CHECK(raw_file(at.path).single(recorded) == before);
}

TEST_CASE("a store with a newer schema is refused") {
    place at;
    at.make();
    raw_file(at.path).execute("insert into migration values ('store', 99, '9.0.0', 0, 'x')");
    at.check_refused(errc::newer_schema, "9.0.0");
}

TEST_CASE("a store whose schema was made by other steps than this program's is refused") {
    place at;
    at.make();
    raw_file(at.path).execute("update migration set checksum = 'x'");
    at.check_refused(errc::corrupt, "restore a backup");
}

TEST_CASE("a step that fails in its middle leaves the schema as it was") {
    place at;
    at.make();
    auto on = sqlite::connect(at.path);
    auto latest = static_cast<int>(sqlite::schema_steps().size());
    sqlite::migration broken{latest + 1,
                             "create table half (x integer) strict; create table half (y integer) strict"};
    CHECK_THROWS_AS(sqlite::apply(*on, broken, at.env.utc_now()), sqlite::failure);
    CHECK(on->single("select count(*) from sqlite_schema where name = 'half'") == "0");
    CHECK(on->single("select max(version) from migration") == std::to_string(latest));
    CHECK_FALSE(on->in_transaction());
}

TEST_CASE("a store of an earlier schema is brought up to date, and what is in it stays") {
    auto latest = static_cast<int>(sqlite::schema_steps().size());
    auto version = GENERATE_COPY(range(1, latest));
    CAPTURE(version);
    auto applied = [](raw_file& store) { return store.single("select max(version) from migration"); };
    place at;
    write_bytes(at.path, "");
    {
        auto on = sqlite::connect(at.path);
        on->execute("pragma application_id = " + std::to_string(sqlite::application_id));
        for (int step = 0; step < version; ++step)
            sqlite::apply(*on, sqlite::schema_steps()[static_cast<std::size_t>(step)], at.env.utc_now());
        on->execute(
            "insert into record values ('acme', 'note', 'home', 'robot', 'ann', 'a', 7, 1, 0, 0, null, '1'), "
            "('acme', 'note', 'home', 'robot', 'ann', 'b', 1, 1, 0, 0, 1000, '1')");
        on->execute(
            "insert into session (key, owner_generation, revision, id, account, loop, device, person, user, "
            "machine, machine_version, machine_hash, resets, head, floor, log_bytes, owner_node, "
            "attach_generation, created, last_seen, expires, closed, devices, metadata, state) values (5, 1, "
            "3, 's1', 'acme', '', '', '', '', '', 0, '', 0, 0, 1, "
            "0, '', 0, 0, 0, 1000, null, '', '', '{}')");
    }
    auto db = at.open();
    INFO(at.why);
    REQUIRE(db);
    CHECK((*db)->schema().found == version);
    CHECK((*db)->schema().now == latest);
    CHECK(at.env.run((*db)->read(id_of("a")))->revision == revision{7});
    for (const auto& write : {drop("a"), put("a", "2")}) {
        change_set changes;
        changes.writes = {write};
        auto outcome = at.env.run((*db)->commit(std::move(changes)));
        REQUIRE(outcome.committed());
    }
    CHECK(at.env.run((*db)->read(id_of("a")))->revision == revision{8});
    auto gone = at.env.run((*db)->purge(from_unix(1000), 100));
    REQUIRE(gone);
    CHECK(gone->records == 1);
    CHECK(gone->sessions == 1);
    change_set creation;
    creation.session = new_session("s2");
    auto answer = at.env.run((*db)->commit(std::move(creation)));
    CHECK(answer.session == session_key{6});
    at.env.run((*db)->close());
    raw_file after(at.path);
    CHECK(applied(after) == std::to_string(latest));
    raw_file before(at.path + ".before-" + std::to_string(version + 1));
    CHECK(applied(before) == std::to_string(version));
    CHECK(before.single("select min(key) from record") == "a");
}

TEST_CASE("a file that is no database is refused") {
    place at;
    write_bytes(at.path, "These are my notes, and I need them.\n");
    at.check_refused(errc::corrupt, "no SQLite database");
}

TEST_CASE("a database of another program is refused") {
    place at;
    raw_file(at.path).execute("create table recipes (name text)");
    at.check_refused(errc::corrupt, "another program");
}

TEST_CASE("a store whose first page is damaged is refused") {
    place at;
    at.make();
    auto bytes = bytes_of(at.path);
    bytes.replace(100, 400, 400, '\xaa');
    write_bytes(at.path, bytes);
    at.check_refused(errc::corrupt, "damaged");
}

TEST_CASE("damage anywhere is found when the store was not closed properly") {
    place at;
    at.make();
    {
        raw_file file(at.path);
        file.execute("update meta set value = 'no' where key = 'closed'");
        file.execute("pragma journal_mode = delete");
    }
    auto page = std::stoul(
        raw_file(at.path).single("select rootpage from sqlite_schema where name = 'session_log_turn'"));
    auto bytes = bytes_of(at.path);
    bytes.replace((page - 1) * 4096, 4096, 4096, '\xaa');
    write_bytes(at.path, bytes);
    at.check_refused(errc::corrupt, "damaged");
}

TEST_CASE("a store that was not closed properly but is intact opens with what was committed") {
    place at;
    at.make();
    raw_file(at.path).execute("update meta set value = 'no' where key = 'closed'");
    auto db = at.open();
    REQUIRE(db);
    CHECK(at.env.run((*db)->read(id_of("a"))));
    at.env.run((*db)->close());
}

TEST_CASE("a folder in the place of the file is refused") {
    place at;
    at.path = at.in_folder("folder");
    std::filesystem::create_directory(at.path);
    auto db = at.open();
    REQUIRE_FALSE(db);
    CHECK(db.error() == errc::unwritable);
    CHECK(at.why.find("name a file") != std::string::npos);
}

TEST_CASE("a folder that cannot be made is named") {
    place at;
    write_bytes(at.in_folder("file"), "x");
    at.path = at.in_folder("file/below/store.db");
    auto db = at.open();
    REQUIRE_FALSE(db);
    CHECK(db.error() == errc::unwritable);
    CHECK(at.why.find("cannot be made") != std::string::npos);
    CHECK(at.why.find(at.path) != std::string::npos);
}

TEST_CASE("a file that may not be written is refused") {
    place at;
    at.let_everybody_in();
    at.make();
    REQUIRE(::chmod(at.path.c_str(), 0444) == 0);
    as_ordinary_user somebody;
    at.check_refused(errc::unwritable, "cannot be written");
}

TEST_CASE("a folder that may not be written is refused") {
    place at;
    REQUIRE(::chmod(std::filesystem::path(at.path).parent_path().c_str(), 0555) == 0);
    as_ordinary_user somebody;
    at.check_refused(errc::unwritable, "cannot be created");
    CHECK_FALSE(std::filesystem::exists(at.path));
}
