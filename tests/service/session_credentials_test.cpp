// Who a client at /v1/session is, by its hello.

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

namespace {

/// Other bounds from now on; nobody was counted yet.
void bound(websocket::rate_limit& of, double per_minute, double burst) {
    std::destroy_at(&of);
    std::construct_at(&of, per_minute, burst, 100);
}

} // namespace

TEST_CASE("a client is let in as the account and device of its token") {
    guarded_house h;
    auto socket = h.knock();
    auto welcome = h.attach_with(*socket, h.office.issue("acme", "d-1", seconds(3600)));
    CHECK(welcome["outcome"] == "new");
    auto row = h.env.run(h.database.inner().read_session(session_id{welcome["session"]}));
    REQUIRE(row);
    CHECK(row->account == account_id{"acme"});
    CHECK(row->device == device_id{"d-1"});
}

TEST_CASE("without a token, and with a wrong, expired, revoked or another device's one, a client is told the "
          "same") {
    guarded_house h;
    auto expired = h.office.issue("acme", "d-1", seconds(1));
    h.env.advance(seconds(1));
    auto revoked = h.office.issue("acme", "d-1", seconds(3600));
    h.office.revoke(revoked);
    std::vector<std::string> answers;
    for (const auto& token : {std::string(), std::string("at1.wrong"), expired, revoked,
                              h.office.issue("acme", "d-2", seconds(60))}) {
        auto socket = h.knock();
        socket->say(h.with(house::hello(), token));
        h.env.run_ready();
        auto answer = socket->next();
        REQUIRE(answer);
        answers.push_back(answer->dump());
        CHECK(socket->closed_by_server() == close_code::credentials_invalid);
        CHECK_FALSE(socket->next());
    }
    CHECK(std::ranges::count(answers, answers[0]) == static_cast<std::ptrdiff_t>(answers.size()));
    auto socket = h.knock();
    socket->say(house::hello());
    h.env.run_ready();
    CHECK(socket->closed_by_server() == close_code::credentials_invalid);
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a token for no device in particular lets the hello's stand") {
    guarded_house h;
    auto token = h.office.issue("acme", "", seconds(3600));
    auto socket = h.knock();
    CHECK(h.attach_with(*socket, token, "d-7")["outcome"] == "new");
    auto other = h.knock();
    CHECK(h.attach_with(*other, token, "d-8")["outcome"] == "new");
}

TEST_CASE("a session of another account looks like none") {
    guarded_house h;
    auto owner = h.knock();
    auto welcome = h.attach_with(*owner, h.office.issue("acme", "d-1", seconds(3600)));
    says(*owner);
    auto theirs = house::resume(welcome, tests::greeting);
    auto nobodys = theirs;
    nobodys["session"] = "01AAAAAAAAAAAAAAAAAAAAAAAA";
    std::vector<json> answers;
    for (auto frame : {theirs, nobodys}) {
        auto stranger = h.knock();
        answers.push_back(h.attach(*stranger, h.with(frame, h.office.issue("other", "d-1", seconds(60)))));
        frame["create"] = true;
        frame["machine"] = "parrot";
        auto willing = h.knock();
        auto made = h.attach(*willing, h.with(frame, h.office.issue("other", "d-1", seconds(60))));
        CHECK(made["outcome"] == "new");
        CHECK(made["reason"] == "unknown");
        CHECK(made["session"] != welcome["session"]);
    }
    CHECK(answers[0]["reason"] == "unknown");
    CHECK(answers[0] == answers[1]);
    CHECK_FALSE(owner->closed_by_server());
    owner->say(house::turn("t-1", 1, "hi"));
    h.env.run_ready();
    CHECK(owner->next("accepted"));
}

TEST_CASE("refused credentials count as attempts of the device at its address, and of no other") {
    guarded_house h;
    bound(h.strangers, 10, 3);
    for (int i = 0; i < 3; ++i)
        CHECK(h.close_for("at1.wrong") == close_code::credentials_invalid);
    auto reads = h.database.reads();
    CHECK(h.close_for("at1.wrong") == close_code::overloaded);
    CHECK(h.database.reads() == reads);

    auto token = h.office.issue("acme", "d-1", seconds(3600));
    auto elsewhere = h.connect_to(h.verifier, "192.0.2.2");
    CHECK(h.attach_with(*elsewhere, token)["outcome"] == "new");
    CHECK(h.close_for(h.office.issue("acme", "d-2", seconds(60)), "d-2") == std::nullopt);
    h.env.advance(seconds(6));
    auto later = h.knock();
    CHECK(h.attach_with(*later, token)["outcome"] == "new");
}

TEST_CASE("credentials that are guessed from all over an IPv6 network count as guessed from one address") {
    guarded_house h;
    bound(h.strangers, 10, 3);
    auto close_for = [&](const std::string& address) {
        auto socket = h.connect_to(h.verifier, address);
        h.attach_with(*socket, "at1.wrong");
        return socket->closed_by_server();
    };
    for (int i = 1; i <= 3; ++i)
        CHECK(close_for("2001:db8::" + std::to_string(i)) == close_code::credentials_invalid);
    CHECK(close_for("2001:db8::4") == close_code::overloaded);
    CHECK(close_for("2001:db8:0:1::4") == close_code::credentials_invalid);
}

TEST_CASE("attempts with good credentials count as those of the device wherever it is") {
    guarded_house h;
    bound(h.attempts, 1, 3);
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    for (int i = 0; i < 3; ++i) {
        auto socket = h.connect_to(h.verifier, "192.0.2." + std::to_string(i));
        CHECK(h.attach_with(*socket, token)["outcome"] == "new");
    }
    CHECK(h.close_for(token) == close_code::overloaded);
}

TEST_CASE("a client that waits for its credentials is nobody yet, and does not wait for ever") {
    guarded_house h;
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    h.database.hold_reads();
    auto socket = h.knock();
    socket->say(h.with(house::hello(), token));
    socket->say(house::turn("t-1", 1, "hi"));
    socket->say({{"type", "ping"}, {"at", 1}});
    h.env.run_ready();
    CHECK((*socket->next())["code"] == "session.not_attached");
    CHECK((*socket->next())["type"] == "pong");
    CHECK(h.unattached == 1);
    socket->say(h.with(house::hello(), token));
    CHECK((*socket->next())["code"] == "protocol.hello_repeated");
    h.env.advance(milliseconds(4999));
    CHECK_FALSE(socket->closed_by_server());
    h.env.advance(milliseconds(1));
    CHECK((*socket->next())["code"] == "overloaded");
    CHECK(socket->closed_by_server() == close_code::overloaded);
    h.database.release_reads();
    h.env.run_ready();
    CHECK_FALSE(socket->next());
    CHECK(h.sessions->live_sessions() == 0);
}

TEST_CASE("a client that is gone before its credentials were looked at leaves nothing behind") {
    guarded_house h;
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    h.database.hold_reads();
    auto socket = h.knock();
    socket->say(h.with(house::hello(), token));
    h.env.run_ready();
    socket->vanish();
    CHECK(h.unattached == 0);
    h.database.release_reads();
    h.env.run_ready();
    CHECK(h.sessions->live_sessions() == 0);
    CHECK(h.attached.keys() == 0);
}

TEST_CASE("a store that does not answer is no reason to send a client away for good") {
    guarded_house h;
    auto token = h.office.issue("acme", "d-1", seconds(3600));
    h.database.fail_reads(persistence::errc::unavailable);
    auto socket = h.knock();
    socket->say(h.with(house::hello(), token));
    h.env.run_ready();
    auto answer = socket->next();
    REQUIRE(answer);
    CHECK((*answer)["retry"] == true);
    CHECK((*answer)["after"].get<int>() > 0);
    CHECK(socket->closed_by_server() == close_code::overloaded);
}

TEST_CASE("a signed token lets in, is told from an expired one, and ends the connection with its skew") {
    guarded_house h;
    const std::string key(32, 'k');
    credentials::rules rules;
    rules.kind = credentials::kind::jwt;
    rules.skew = seconds(10);
    credentials::signed_tokens signed_by(
        h.env, rules,
        std::make_shared<const credentials::key_set>(credentials::key_set{{"k1", secret(key)}}));
    auto token = [&](seconds life, const std::string& device = "d-1") {
        json claims = {{"sub", "acme"}, {"device", device}, {"exp", to_unix(h.env.utc_now() + life) / 1000}};
        return tests::hs256(tests::signed_part({{"alg", "HS256"}}, claims), key);
    };
    auto close_for = [&](const std::string& text) {
        auto socket = h.connect_to(signed_by);
        socket->say(h.with(house::hello(), text));
        h.env.run_ready();
        return socket->closed_by_server();
    };
    CHECK(close_for(token(seconds(60)) + "x") == close_code::credentials_invalid);
    CHECK(close_for(token(seconds(60), "d-2")) == close_code::credentials_invalid);
    CHECK(close_for(token(seconds(-11))) == close_code::credentials_expired);

    auto socket = h.connect_to(signed_by);
    CHECK(h.attach_with(*socket, token(seconds(90)))["outcome"] == "new");
    auto reads = h.database.reads();
    pass(h, *socket, seconds(98));
    CHECK_FALSE(socket->closed_by_server());
    pass(h, *socket, seconds(3)); // the token's end is a whole second, the clock's is not
    CHECK(socket->closed_by_server() == close_code::credentials_expired);
    CHECK(h.database.reads() == reads);
}

TEST_CASE("of tokens that name no device the account's clients are bounded together, and others are not") {
    guarded_house h;
    service::account_bounds bounds{{1, 3, 10}, {}};
    h.bounded_accounts = &bounds;
    auto any = h.office.issue("acme", "", seconds(3600));
    auto use = [&](fake_socket& socket) {
        socket.say(house::turn("t-1", 1, "hi"));
        h.env.run_ready();
    };
    SECTION("in what they try and do not use") {
        for (int i = 0; i < 5; ++i) {
            auto socket = h.knock();
            h.attach_with(*socket, any, "useful-" + std::to_string(i));
            use(*socket);
            CHECK_FALSE(socket->closed_by_server());
        }
        for (int i = 0; i < 3; ++i)
            CHECK_FALSE(h.close_for(any, "idle-" + std::to_string(i)));
        CHECK(h.close_for(any, "idle-3") == close_code::overloaded);
    }
    SECTION("in their connections at a time") {
        h.limits.connections_per_account = 2;
        std::vector<std::unique_ptr<fake_socket>> open;
        for (int i = 0; i < 2; ++i) {
            open.push_back(h.knock());
            h.attach_with(*open.back(), any, "d-" + std::to_string(i));
            use(*open.back());
        }
        CHECK(h.close_for(any, "d-2") == close_code::overloaded);
        open.pop_back();
        CHECK_FALSE(h.close_for(any, "d-2"));
    }
    CHECK_FALSE(h.close_for(h.office.issue("acme", "d-9", seconds(3600)), "d-9"));
    CHECK_FALSE(h.close_for(h.office.issue("other", "", seconds(3600)), "d-9"));
}
