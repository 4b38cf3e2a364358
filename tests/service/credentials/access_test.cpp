#include "service/credentials/access.hpp"

#include "persistence/memory/memory_database.hpp"
#include "tests/service/credentials/found_principal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <string>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::service::credentials;

namespace {

std::string refusal_of(const config& values) {
    try {
        load_access(values);
        return {};
    } catch (const config_error& wrong) {
        return wrong.what();
    }
}

} // namespace

TEST_CASE("without credentials everybody is the account local, whatever they show, and no page may come") {
    tests::manual_environment env;
    auto database = *persistence::open_memory_database(env, {});
    config values;
    auto access = load_access(values);
    CHECK_FALSE(access.has_credentials());
    auto verifier = make_verifier(env, *database, access);
    auto found = env.run(verifier->check(secret("anything")));
    REQUIRE(found);
    CHECK(found->account == account_id{"local"});
    CHECK_FALSE(found->device);
    CHECK_FALSE(found->expires);
    values.origins = {"https://app.example.org"};
    CHECK(refusal_of(values).starts_with("origins: pages of browsers need credentials"));
    env.run(database->close());
}

TEST_CASE("tokens need a database that a command can put them into") {
    config values;
    values.credentials.kind = kind::tokens;
    CHECK(refusal_of(values).starts_with("credentials.kind: tokens are kept in the database"));
    values.database = "sqlite:sessions.db";
    CHECK(load_access(values).has_credentials());
}

TEST_CASE("JSON Web Tokens need a key") {
    config values;
    values.credentials.kind = kind::jwt;
    CHECK(refusal_of(values).starts_with("credentials.key-file:"));
    values.credentials.key = secret("k1:" + std::string(43, 'A') + "=");
    CHECK(load_access(values).keys->size() == 1);
}
