#include "persistence/postgresql/addresses.hpp"
#include "persistence/postgresql/failure.hpp"
#include "persistence/postgresql/settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"

#include <algorithm>

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::postgresql::failure;
using persistence::postgresql::settings;
using persistence::postgresql::with_addresses;

namespace {

settings completed(const std::string& url) {
    real_environment env;
    return env.get(with_addresses(&env.env(), *settings::parse(url), seconds(10)));
}

} // namespace

TEST_CASE("names of servers are looked up outside of libpq, each address with its name and port") {
    auto found = completed("postgresql://localhost:5433/store");
    auto addresses = std::string(found.get("hostaddr"));
    CHECK((addresses.find("127.0.0.1") != addresses.npos || addresses.find("::1") != addresses.npos));
    auto commas = [](std::string_view text) { return std::ranges::count(text, ','); };
    CHECK(commas(found.get("host")) == commas(addresses));
    CHECK(commas(found.get("port")) == commas(addresses));
    CHECK(found.get("host").starts_with("localhost"));
    CHECK(found.get("port").starts_with("5433"));
}

TEST_CASE("an address that is given, and a socket's folder, are used as they are") {
    CHECK(completed("postgresql://db/store?hostaddr=192.0.2.1").get("hostaddr") == "192.0.2.1");
    CHECK(completed("postgresql:///store?host=/run/somewhere").get("hostaddr").empty());
    auto mixed = completed("postgresql:///store?host=127.0.0.1,/run/somewhere&port=1,2");
    CHECK(mixed.get("hostaddr") == "127.0.0.1,");
    CHECK(mixed.get("port") == "1,2");
    CHECK(completed("postgresql:///store?host=@abstract").get("hostaddr").empty());
}

TEST_CASE("each server of several has its own port, or the usual one") {
    auto found = completed("postgresql://127.0.0.1:1,127.0.0.2,127.0.0.3/store");
    CHECK(found.get("hostaddr") == "127.0.0.1,127.0.0.2,127.0.0.3");
    CHECK(found.get("port") == "1,,");
    CHECK(completed("postgresql://127.0.0.1,127.0.0.2/store").get("port") == ",");
    CHECK(completed("postgresql:///store?host=127.0.0.1,127.0.0.2").get("port").empty());
    // libpq refuses these in its own words.
    CHECK(
        completed("postgresql:///store?host=127.0.0.1,127.0.0.2,127.0.0.3&port=1,2").get("hostaddr").empty());
}

TEST_CASE("a native text is told without the password that is in it") {
    auto given = settings::parse("postgresql://ann:s3cret@db/store");
    REQUIRE(given.has_value());
    CHECK(given->redact("no s3cret, s3cret") == "no ***, ***");
    CHECK(given->place() == "db/store");
}

TEST_CASE("a failure says whether to try again, and what is the matter with the store") {
    using persistence::errc;
    using persistence::store_health;
    CHECK(failure("40001", "").may_pass());
    CHECK(failure("40P01", "").may_pass());
    CHECK(failure("23505", "").may_pass());
    CHECK(failure("40003", "").is_ambiguous());
    CHECK_FALSE(failure("40001", "").is_ambiguous());
    CHECK_FALSE(failure("23503", "").may_pass());
    CHECK(failure("57P01", "").is_loss());
    CHECK_FALSE(failure("57014", "").is_loss());
    CHECK(failure("57014", "").consequence() == store_health::busy);
    CHECK(failure("53100", "").consequence() == store_health::full);
    CHECK(failure("42P01", "").consequence() == store_health::lost);
    CHECK(failure("25006", "").consequence() == store_health::read_only);
    CHECK(failure("54000", "").consequence() == store_health::usable);
    CHECK(failure("54000", "").meaning() == errc::too_large);
    CHECK(failure("XX001", "").meaning() == errc::corrupt);
    // CockroachDB has no vacuum; others lack a function.
    CHECK(failure("42601", "").is_unknown_to_server());
    CHECK(failure("0A000", "").meaning() == errc::unsupported);
    CHECK(failure("42883", "").meaning() == errc::unsupported);
    CHECK_FALSE(failure("57014", "").is_unknown_to_server());
}
