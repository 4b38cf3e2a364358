#include "persistence/backend/store_lock.hpp"

#include "persistence/database.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <unistd.h>

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::persistence;
using namespace rejoinder::tests;
using backend::store_lock;

namespace {

/// Opens stores one after the other and remembers why it could not.
struct opener {
    manual_environment env;
    std::string why;

    result<std::unique_ptr<database>> open(const std::string& path) {
        why.clear();
        database_options options;
        options.type = database_type::sqlite;
        options.location = path;
        return open_database(env, options, why);
    }
};

} // namespace

TEST_CASE("a store that is open is refused to a second server, which is told who has it") {
    temporary_folder folder;
    opener at;
    auto first = at.open(folder.file("store.db"));
    REQUIRE(first);
    auto second = at.open(folder.file("store.db"));
    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::unavailable);
    CHECK(at.why.find("(process " + std::to_string(::getpid()) + ")") != std::string::npos);
    at.env.run((*first)->close());
}

TEST_CASE("every way to a store leads to the same lock") {
    temporary_folder folder;
    opener at;
    auto real = folder.file("real");
    std::filesystem::create_directory(real);
    std::filesystem::create_directory_symlink(real, folder.file("link"));
    std::filesystem::create_symlink("real/store.db", folder.file("alias.db"));
    auto first = at.open(real + "/store.db");
    REQUIRE(first);
    for (const auto& way :
         {real + "/../real/./store.db", folder.file("link/store.db"), folder.file("alias.db"),
          std::filesystem::relative(real + "/store.db").string()}) {
        CAPTURE(way);
        CHECK_FALSE(at.open(way));
        CHECK(at.why.find("in use by another server") != std::string::npos);
    }
    at.env.run((*first)->close());
}

TEST_CASE("two stores in one folder do not know of each other") {
    temporary_folder folder;
    opener at;
    auto first = at.open(folder.file("a.db"));
    auto second = at.open(folder.file("b.db"));
    REQUIRE(first);
    REQUIRE(second);
    at.env.run((*first)->close());
    at.env.run((*second)->close());
}

TEST_CASE("a store that was closed may be opened again, also while its former database still exists") {
    temporary_folder folder;
    opener at;
    auto first = at.open(folder.file("store.db"));
    REQUIRE(first);
    at.env.run((*first)->close());
    auto second = at.open(folder.file("store.db"));
    REQUIRE(second);
    at.env.run((*second)->close());
}

TEST_CASE("a start that is refused for what is in the file leaves no lock behind") {
    temporary_folder folder;
    opener at;
    write_bytes(folder.file("store.db"), "These are my notes.\n");
    CHECK_FALSE(at.open(folder.file("store.db")));
    std::string why;
    CHECK(store_lock::take(folder.file("store.db"), why));
}

TEST_CASE("a person's shell reads and writes a store that a server has open") {
    temporary_folder folder;
    opener at;
    auto db = at.open(folder.file("store.db"));
    REQUIRE(db);
    raw_file shell(folder.file("store.db"));
    CHECK(shell.single("select count(*) from session") == "0");
    shell.execute("create table notes (text text)");
    at.env.run((*db)->close());
}

TEST_CASE("a lock's file that nobody holds, as a killed server leaves it, keeps nobody off") {
    temporary_folder folder;
    write_bytes(folder.file("store.lock"), "4711\n");
    std::string why;
    auto taken = store_lock::take(folder.file("store"), why);
    REQUIRE(taken);
    CHECK_FALSE(store_lock::take(folder.file("store"), why));
    CHECK(why.find("4711") == std::string::npos);
}

TEST_CASE("a lock whose file was removed is taken anew, unless somebody else was faster") {
    temporary_folder folder;
    std::string why;
    auto ours = store_lock::take(folder.file("store"), why);
    REQUIRE(ours);
    CHECK(ours->hold());
    std::filesystem::remove(folder.file("store.lock"));
    CHECK(ours->hold());
    CHECK_FALSE(store_lock::take(folder.file("store"), why));

    std::filesystem::remove(folder.file("store.lock"));
    auto theirs = store_lock::take(folder.file("store"), why);
    REQUIRE(theirs);
    CHECK_FALSE(ours->hold());
    theirs->release();
    CHECK(ours->hold());
}

TEST_CASE("a place where no lock can be made is named") {
    temporary_folder folder;
    std::string why;
    auto taken = store_lock::take(folder.file("missing/store"), why);
    REQUIRE_FALSE(taken);
    CHECK(taken.error() == errc::unwritable);
    CHECK(why.find(folder.file("missing/store.lock")) != std::string::npos);
}
