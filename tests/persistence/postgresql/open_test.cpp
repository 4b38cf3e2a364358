#include "tests/persistence/postgresql/server_store.hpp"
#include "tests/support/captured_errors.hpp"

#include <thread>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// Tries to open; the error, and the sentence for a person in `why`.
error_code error_of_opening(const std::string& url, std::string& why) {
    real_environment env;
    auto opened = open_database(env.env(), *parse_database_url(url), why);
    if (!opened) return opened.error();
    env.run((*opened)->close());
    return {};
}

} // namespace

TEST_CASE("the contract is checked over PostgreSQL") {
    if (!postgresql_or_skip()) return;
    CHECK(std::ranges::count(every_backend(), database_type::postgresql) == 1);
}

TEST_CASE("a store in a server is opened again under its incarnation, with what is in it") {
    if (!postgresql_or_skip()) return;
    real_environment env;
    auto url = postgresql_cluster::shared().new_database();
    std::string incarnation;
    {
        server_store store(env, url);
        incarnation = store.db->incarnation();
        REQUIRE(store.commit(put("a", "1")).committed());
    }
    server_store store(env, url);
    CHECK(store.db->incarnation() == incarnation);
    CHECK(store.read("a")->value == "1");
    CHECK(postgresql_operator(url).execute("select count(*) from writer") == "0"); // until it writes
}

TEST_CASE("a migration that others get in the way of begins anew, whatever the server calls it") {
    if (!postgresql_or_skip()) return;
    // A unique name of the catalogue, a table, the type of a table, a serialization failure, a deadlock.
    auto state = GENERATE(as<std::string>(), "23505", "42P07", "42710", "40001", "40P01");
    CAPTURE(state);
    auto url = postgresql_cluster::shared().new_database();
    postgresql_operator administrator(url);
    let_refuse(administrator, 3, state);
    administrator.execute(
        "create function refuse_command() returns event_trigger language plpgsql as $$ begin "
        "perform refuse(); end $$");
    administrator.execute(
        "create event trigger refusing on ddl_command_start execute function refuse_command()");
    std::string why;
    CHECK_FALSE(error_of_opening(url, why));
    CHECK(why.empty());
    CHECK(administrator.execute("select count(*) from migration") == "1");
}

TEST_CASE("servers that start together migrate once, whatever the isolation of their transactions") {
    if (!postgresql_or_skip()) return;
    auto isolation = GENERATE(as<std::string>(), "read committed", "repeatable read", "serializable");
    CAPTURE(isolation);
    auto url = postgresql_cluster::shared().new_database();
    postgresql_operator administrator(url);
    auto name = administrator.execute("select current_database()");
    administrator.execute("alter database " + name + " set default_transaction_isolation = '" + isolation +
                          "'");
    std::vector<std::string> problems(4);
    std::vector<std::thread> servers;
    for (auto& problem : problems)
        servers.emplace_back([&] { error_of_opening(url, problem); });
    for (auto& server : servers)
        server.join();
    CHECK(problems == std::vector<std::string>(4));
    CHECK(administrator.execute("select count(*) from meta") == "1");
    CHECK(administrator.execute("select count(*) from migration") == "1");
}

TEST_CASE("a program that may not create tables opens a store that is there") {
    if (!postgresql_or_skip()) return;
    auto url = postgresql_cluster::shared().new_database();
    std::string why;
    REQUIRE_FALSE(error_of_opening(url, why));
    postgresql_operator administrator(url);
    administrator.execute("create role modest login");
    administrator.execute("grant select, insert, update, delete on all tables in schema public to modest");
    administrator.execute("grant usage on all sequences in schema public to modest");
    auto modest = url.replace(url.find("user=tester"), 11, "user=modest");
    CHECK_FALSE(error_of_opening(modest, why));
    CHECK(why.empty());
    real_environment env;
    server_store store(env, modest);
    CHECK(store.commit(put("a", "1")).committed());
    CHECK(store.commit(new_session("s1")).committed());
}

TEST_CASE("a store that a newer program wrote, or one with other steps, is left alone") {
    if (!postgresql_or_skip()) return;
    auto url = postgresql_cluster::shared().new_database();
    std::string why;
    REQUIRE_FALSE(error_of_opening(url, why));
    postgresql_operator administrator(url);
    administrator.execute("insert into migration select module, version + 1, '9.0.0', applied_utc, checksum "
                          "from migration");
    CHECK(error_of_opening(url, why) == errc::newer_schema);
    CHECK(why.find("rejoinder 9.0.0") != why.npos);
    administrator.execute("delete from migration where version > 1");
    administrator.execute("update migration set checksum = 'another'");
    CHECK(error_of_opening(url, why) == errc::corrupt);
}

TEST_CASE("a server that cannot be reached is named without the password, here and in the log") {
    captured_errors errors;
    std::string why;
    temporary_folder folder;
    auto url = "postgresql://ann:s3cret@/store?host=" + folder.path().string();
    CHECK(error_of_opening(url, why) == errc::unavailable);
    CHECK(why.find("store cannot be reached") != why.npos);
    CHECK(why.find("s3cret") == why.npos);
    auto line = errors.line();
    CHECK(line.find("postgresql_failed") != line.npos);
    CHECK(line.find("s3cret") == line.npos);
}

TEST_CASE("a malformed URL is refused without a part of it") {
    std::string why;
    CHECK(error_of_opening("postgresql://ann:s3cret@[store", why) == errc::bad_url);
    CHECK(why.find("s3cret") == why.npos);
}
