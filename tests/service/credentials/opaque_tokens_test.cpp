#include "service/credentials/opaque_tokens.hpp"

#include "tests/service/credentials/found_principal.hpp"
#include "tests/service/credentials/token_office.hpp"
#include "tests/support/catch.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::service::credentials;
using persistence::errc;

namespace {

struct office_with_verifier {
    manual_environment env;
    faulty_database database{env, *persistence::open_memory_database(env, {})};
    token_office office{env, database};
    opaque_tokens verifier{env, database};

    found_principal check(const std::string& token) { return env.run(verifier.check(secret(token))); }
};

} // namespace

TEST_CASE("an issued token stands for its account and device until it expires or is revoked") {
    office_with_verifier of;
    auto token = of.office.issue("acme", "d-1", seconds(60));
    CHECK(token.starts_with("at1."));
    CHECK(token.size() == 47);
    auto found = of.check(token);
    REQUIRE(found);
    CHECK(found->account == account_id{"acme"});
    CHECK(found->device == device_id{"d-1"});
    CHECK(found->lasting == lasting::revocable);
    CHECK(found->expires == of.env.utc_now() + seconds(60));
    CHECK_FALSE(of.check(of.office.issue("acme", "", seconds(60)))->device);

    of.env.advance(seconds(60));
    CHECK(of.check(token).error() == problem::invalid);
    auto revoked = of.office.issue("acme", "d-1", seconds(60));
    of.office.revoke(revoked);
    CHECK(of.check(revoked).error() == problem::invalid);
}

TEST_CASE("what was never issued, an operator's token and one that is too long are invalid") {
    office_with_verifier of;
    auto token = of.office.issue("acme", "", seconds(60));
    for (const auto& wrong : {std::string(), token + "x", token.substr(1), sha256_hex(token), token + "\n"})
        CHECK(of.check(wrong).error() == problem::invalid);
    auto admin = of.office.issue("acme", "", seconds(60), persistence::token_kind::admin);
    CHECK(of.check(admin).error() == problem::invalid);
    auto reads = of.database.reads();
    CHECK(of.check(std::string(8193, 'x')).error() == problem::invalid);
    CHECK(of.check("").error() == problem::invalid);
    CHECK(of.check("at1." + std::string(42, 'x')).error() == problem::invalid);
    CHECK(of.check("at1." + std::string(42, 'x') + "=").error() == problem::invalid);
    CHECK(of.database.reads() == reads); // what can be none is not looked for
    CHECK(of.check("at1." + std::string(43, 'x')).error() == problem::invalid);
    CHECK(of.database.reads() == reads + 1);
}

TEST_CASE("no token stands for the account of robots and of servers without credentials") {
    office_with_verifier of;
    CHECK(of.check(of.office.issue("local", "", seconds(60))).error() == problem::invalid);
}

TEST_CASE("a store that does not answer makes no token wrong") {
    office_with_verifier of;
    auto token = of.office.issue("acme", "", seconds(60));
    of.database.fail_reads(errc::unavailable);
    CHECK(of.check(token).error() == problem::unavailable);
    of.database.mend_reads();
    CHECK(of.check(token));
}
