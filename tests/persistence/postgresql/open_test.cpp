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
    CHECK(std::ranges::count(every_database_type(), database_type::postgresql) == 1);
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

TEST_CASE("servers that start together migrate once") {
    if (!postgresql_or_skip()) return;
    auto url = postgresql_cluster::shared().new_database();
    std::vector<std::string> problems(4);
    std::vector<std::thread> servers;
    for (auto& problem : problems)
        servers.emplace_back([&] { error_of_opening(url, problem); });
    for (auto& server : servers)
        server.join();
    CHECK(problems == std::vector<std::string>(4));
    CHECK(postgresql_operator(url).execute("select count(*) from meta") == "1");
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
