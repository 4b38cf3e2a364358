#include "persistence/database.hpp"
#include "tests/support/catch_result.hpp"

using namespace rejoinder;
using namespace rejoinder::persistence;

TEST_CASE("a database URL names the kind and the place") {
    auto memory = parse_database_url("memory:");
    REQUIRE(memory);
    CHECK(memory->type == database_type::memory);
    CHECK(memory->location.empty());

    auto sqlite = parse_database_url("sqlite:data/my store: 1.db");
    REQUIRE(sqlite);
    CHECK(sqlite->type == database_type::sqlite);
    CHECK(sqlite->location == "data/my store: 1.db");

    CHECK(parse_database_url("file:folder")->type == database_type::file);
    CHECK(parse_database_url("postgresql://db.example/rejoinder")->type == database_type::postgresql);
}

TEST_CASE("a text that is no database URL is refused") {
    for (const auto* url : {"", ":", "memory", "memory:x", "sqlite", "sqlite:", "file:", "SQLITE:x",
                            "mysql://x", "postgresql:x", " sqlite:x", "data.db"}) {
        INFO(url);
        CHECK(parse_database_url(url).error() == errc::bad_url);
    }
}

TEST_CASE("a database URL is shown without its password, however it is written") {
    CHECK(without_password("sqlite:a:b@c") == "sqlite:a:b@c");
    CHECK(without_password("postgresql://ann@db:5432/store") == "postgresql://ann@db:5432/store");
    CHECK(without_password("postgresql://ann:s3c/r@t@db:5432/store") == "postgresql://ann:***@db:5432/store");
    CHECK(without_password("postgresql:///store?user=ann&password=s3cret&sslpassword=s3cret") ==
          "postgresql:///store?user=ann&password=***&sslpassword=***");
    CHECK(without_password("postgresql://db:5432/store?user=ann&password=s3c@ret") ==
          "postgresql://db:5432/store?user=ann&password=***");
}

TEST_CASE("every error of this room says something of its own") {
    std::string all;
    for (int value = 1; value <= static_cast<int>(errc::unsupported); ++value) {
        auto message = error_category().message(value);
        CHECK(message != "unknown error");
        CHECK(all.find(message) == std::string::npos);
        all += message + "\n";
    }
}
