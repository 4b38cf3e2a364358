// How long a client is who it was: credentials that expire, are revoked, or are renewed.

#include "service/credentials/credential_rules.hpp"
#include "service/credentials/signed_tokens.hpp"
#include "tests/service/credentials/jwt_maker.hpp"
#include "tests/service/guarded_house.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/catch_result.hpp"

using namespace rejoinder;
using rejoinder::tests::fake_socket;
using rejoinder::tests::guarded_house;
using rejoinder::tests::house;
using rejoinder::tests::pass;
using tests::says;
using websocket::close_code;
namespace credentials = rejoinder::service::credentials;

TEST_CASE("a connection ends when its credentials expire, and its client may come back with new ones") {
    guarded_house h;
    auto socket = h.knock();
    auto welcome = h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(100)));
    says(*socket);
    pass(h, *socket, seconds(99));
    CHECK_FALSE(socket->closed_by_server());
    says(*socket);
    pass(h, *socket, seconds(1));
    auto said = socket->next("error");
    REQUIRE(said);
    CHECK((*said)["code"] == "credentials.expired");
    CHECK(socket->closed_by_server() == close_code::credentials_expired);
    socket->vanish();
    auto again = h.knock();
    auto frame = h.with(house::resume(welcome, tests::greeting), h.office.issue("acme", "d-1", seconds(60)));
    CHECK(h.attach(*again, frame)["outcome"] == "lossless");
}

TEST_CASE("a connection ends within a minute when its token is revoked") {
    guarded_house h;
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    auto wait = seconds(GENERATE(0, 1, 29, 30, 45, 60));
    auto socket = h.knock();
    h.attach_with(*socket, token);
    pass(h, *socket, wait);
    h.office.revoke(token);
    pass(h, *socket, seconds(60));
    CHECK(socket->closed_by_server() == close_code::credentials_invalid);
}

TEST_CASE("credentials that can't be looked at again are trusted for a minute and no longer") {
    guarded_house h;
    auto socket = h.knock();
    h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(3600)));
    SECTION("the store answers again in time") {
        h.database.fail_reads(persistence::errc::unavailable);
        pass(h, *socket, seconds(54));
        h.database.mend_reads();
        pass(h, *socket, seconds(120));
        CHECK_FALSE(socket->closed_by_server());
    }
    SECTION("it fails") {
        h.database.fail_reads(persistence::errc::unavailable);
        pass(h, *socket, seconds(59));
        CHECK_FALSE(socket->closed_by_server());
        pass(h, *socket, seconds(1));
        CHECK(socket->closed_by_server() == close_code::overloaded);
    }
    SECTION("it says nothing at all") {
        h.database.hold_reads();
        pass(h, *socket, seconds(60));
        CHECK(socket->closed_by_server() == close_code::overloaded);
        h.database.release_reads();
        h.env.run_ready();
    }
}

TEST_CASE("a revocation is noticed in time also behind a look that was slow to tell what was before it") {
    guarded_house h;
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    auto socket = h.knock();
    h.attach_with(*socket, token);
    pass(h, *socket, seconds(29));
    h.database.hold_reads();
    pass(h, *socket, seconds(2));
    h.office.revoke(token);
    pass(h, *socket, seconds(25));
    h.database.release_reads();
    pass(h, *socket, seconds(35));
    CHECK(socket->closed_by_server() == close_code::credentials_invalid);
}

TEST_CASE("a clock that jumps over the end of credentials is noticed within half a minute") {
    guarded_house h;
    auto socket = h.knock();
    h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(3600)));
    pass(h, *socket, seconds(5));
    h.env.jump_utc(std::chrono::hours(2));
    pass(h, *socket, seconds(30));
    CHECK(socket->closed_by_server() == close_code::credentials_expired);
}

TEST_CASE("new credentials take the place of the old ones on the same socket") {
    guarded_house h;
    auto socket = h.knock();
    auto old = h.office.issue("acme", "d-1", seconds(100));
    h.attach_with(*socket, old);
    pass(h, *socket, seconds(50));
    h.renew(*socket, h.office.issue("acme", "d-1", seconds(200)));
    h.office.revoke(old);
    pass(h, *socket, seconds(199));
    CHECK_FALSE(socket->closed_by_server());
    socket->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(socket->next("accepted"));
    pass(h, *socket, seconds(1));
    CHECK(socket->closed_by_server() == close_code::credentials_expired);
}

TEST_CASE("new credentials of somebody else, or wrong ones, end the connection") {
    guarded_house h;
    auto socket = h.knock();
    h.attach_with(*socket, h.office.issue("acme", "", seconds(3600)));
    says(*socket);
    SECTION("of another account") {
        h.renew(*socket, h.office.issue("other", "d-1", seconds(3600)));
    }
    SECTION("of another device") {
        h.renew(*socket, h.office.issue("acme", "d-2", seconds(3600)));
    }
    SECTION("never issued") {
        h.renew(*socket, "at1.wrong");
    }
    SECTION("empty") {
        h.renew(*socket, "");
    }
    CHECK((*socket->next())["code"] == "credentials.invalid");
    CHECK(socket->closed_by_server() == close_code::credentials_invalid);
}

TEST_CASE("new credentials are looked at one after the other") {
    guarded_house h;
    auto socket = h.knock();
    h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(3600)));
    says(*socket);
    auto next = h.office.issue("acme", "d-1", seconds(3600));
    h.database.hold_reads();
    h.renew(*socket, next);
    h.renew(*socket, next);
    CHECK((*socket->next())["code"] == "credentials.busy");
    h.database.release_reads();
    h.env.run_ready();
    CHECK_FALSE(socket->closed_by_server());
    h.renew(*socket, next);
    CHECK_FALSE(socket->next());
}

TEST_CASE("a token frame before the hello, or without a token, is an error like others") {
    guarded_house h;
    auto early = h.knock();
    h.renew(*early, "at1.x");
    CHECK((*early->next())["code"] == "protocol.hello_expected");
    auto socket = h.knock();
    h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(3600)));
    says(*socket);
    socket->say({{"type", "token"}});
    CHECK((*socket->next())["code"] == "protocol.bad_member");
    h.renew(*socket, std::string(8193, 'x'));
    CHECK((*socket->next())["code"] == "protocol.bad_member");
    CHECK_FALSE(socket->closed_by_server());
}
