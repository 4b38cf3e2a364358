#include "service/credentials/signed_tokens.hpp"

#include "tests/service/credentials/found_principal.hpp"
#include "tests/service/credentials/jwt_maker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::service::credentials;

namespace {

const std::string shared_key(32, 'k');

/// A server's view of tokens, and the issuer's.
struct issuer {
    manual_environment env;
    rules configured;
    key_set keys{{"k1", secret(shared_key)}};

    issuer() { configured.kind = kind::jwt; }

    json header() const { return {{"alg", to_string(configured.algorithm)}, {"typ", "JWT"}}; }
    json claims() { return {{"sub", "acme"}, {"exp", in(3600)}}; }
    std::int64_t in(std::int64_t seconds) { return to_unix(env.utc_now()) / 1000 + seconds; }
    json with(const char* claim, json value) {
        auto changed = claims();
        changed[claim] = std::move(value);
        return changed;
    }

    found_principal judge(const std::string& token) {
        signed_tokens verifier(env, configured, std::make_shared<const key_set>(keys));
        return env.run(verifier.check(secret(token)));
    }
    found_principal judge(const json& said) { return judge(hs256(signed_part(header(), said), shared_key)); }

    bool accepts(const std::string& token) { return judge(token).has_value(); }
    bool accepts(const json& said) { return judge(said).has_value(); }
};

} // namespace

TEST_CASE("a signed token stands for its account and device until it has expired") {
    issuer from;
    auto said = from.with("device", "d-1");
    auto found = from.judge(said);
    REQUIRE(found);
    CHECK(found->account == account_id{"acme"});
    CHECK(found->device == device_id{"d-1"});
    CHECK(found->expires == from_unix((from.in(3600) + 60) * 1000));
    CHECK(found->lasting == lasting::until_expiry);
    CHECK_FALSE(from.judge(from.claims())->device);
}

TEST_CASE("a forged, torn or unsigned token is invalid") {
    issuer from;
    auto part = signed_part(from.header(), from.claims());
    auto good = hs256(part, shared_key);
    REQUIRE(from.accepts(good));
    for (const auto& token : std::vector<std::string>{
             "", ".", "..", part, part + ".", good + ".", good + "=", " " + good, good + "\n",
             hs256(part, std::string(32, 'x')), hs256(part, ""), good.substr(0, good.size() - 4),
             hs256(signed_part(from.header(), from.with("sub", "other")), shared_key).substr(0, part.size()) +
                 good.substr(part.size()),
             "x" + good, std::string("e30.e30.") + "AAAA", std::string(200, 'a')}) {
        CAPTURE(token);
        auto found = from.judge(token);
        REQUIRE_FALSE(found);
        CHECK(found.error() == problem::invalid);
    }
}

TEST_CASE("the signature of every letter counts") {
    issuer from;
    auto good = hs256(signed_part(from.header(), from.claims()), shared_key);
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto changed = good;
        changed[at] = good[at] == 'A' ? 'B' : 'A';
        CAPTURE(at);
        CHECK_FALSE(from.accepts(changed));
    }
}

TEST_CASE("what a token says of its algorithm never chooses how it is verified") {
    issuer from;
    for (const auto* name : {"none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", ""}) {
        CAPTURE(name);
        auto header = from.header();
        header["alg"] = name;
        auto part = signed_part(header, from.claims());
        CHECK_FALSE(from.accepts(part + "."));
        CHECK_FALSE(from.accepts(part));
        CHECK_FALSE(from.accepts(hs256(part, shared_key)));
        CHECK_FALSE(from.accepts(hs256(part, "")));
    }
    auto header = from.header();
    header.erase("alg");
    CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
    header["alg"] = 5;
    CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
}

TEST_CASE("a public key is no secret: what is signed with it as one is invalid") {
    auto pair = GENERATE(0, 1) == 0 ? key_pair::rsa() : key_pair::curve();
    issuer from;
    auto pem = pair.public_pem();
    bool is_rsa = pem.size() > 300;
    from.configured.algorithm = is_rsa ? algorithm::rs256 : algorithm::es256;
    std::string why;
    auto keys = parse_public_keys(secret(pem), from.configured.algorithm, why);
    REQUIRE(keys);
    from.keys = *keys;
    json header = {{"alg", "HS256"}, {"typ", "JWT"}};
    for (const auto& key : {pem, pem.substr(0, pem.size() - 1)}) {
        CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), key)));
        CHECK_FALSE(from.accepts(hs256(signed_part(from.header(), from.claims()), key)));
    }
    header["alg"] = "none";
    CHECK_FALSE(from.accepts(signed_part(header, from.claims()) + "."));
}

TEST_CASE("RS256 tokens are verified with the public key, and those of another one are invalid") {
    auto pair = key_pair::rsa();
    auto other = key_pair::rsa();
    issuer from;
    from.configured.algorithm = algorithm::rs256;
    from.keys = {{"", secret(pair.public_pem())}};
    auto part = signed_part(from.header(), from.claims());
    CHECK(from.judge(pair.rs256(part))->account == account_id{"acme"});
    CHECK_FALSE(from.accepts(other.rs256(part)));
    CHECK_FALSE(from.accepts(pair.rs256(part) + "A"));
    CHECK_FALSE(from.accepts(pair.rs256(signed_part(from.header(), from.with("exp", from.in(-61))))));
}

TEST_CASE("ES256 tokens are verified with the public key, and those of another one are invalid") {
    auto pair = key_pair::curve();
    auto other = key_pair::curve();
    issuer from;
    from.configured.algorithm = algorithm::es256;
    from.keys = {{"", secret(pair.public_pem())}};
    auto part = signed_part(from.header(), from.claims());
    for (int i = 0; i < 16; ++i) // numbers of which one begins with a zero, too
        CHECK(from.accepts(pair.es256(part)));
    CHECK_FALSE(from.accepts(other.es256(part)));
    CHECK_FALSE(from.accepts(pair.rs256(part))); // DER is another form
    CHECK_FALSE(from.accepts(part + "." + base64url(std::string(64, '\0'))));
}

TEST_CASE("a kid finds one of the configured keys and no other") {
    issuer from;
    std::string latter(40, 'l');
    from.keys = {{"k1", secret(shared_key)}, {"k2", secret(latter)}};
    auto token = [&](const json& kid, const std::string& key) {
        auto header = from.header();
        header["kid"] = kid;
        return hs256(signed_part(header, from.claims()), key);
    };
    CHECK(from.accepts(token("k1", shared_key)));
    CHECK(from.accepts(token("k2", latter)));
    CHECK_FALSE(from.accepts(token("k1", latter)));
    CHECK_FALSE(from.accepts(token("k3", latter)));
    CHECK_FALSE(from.accepts(token("../k1", shared_key)));
    CHECK_FALSE(from.accepts(token("", shared_key)));
    CHECK_FALSE(from.accepts(token(1, shared_key)));
    CHECK_FALSE(from.accepts(token(nullptr, shared_key)));
    // Without a kid it may be any of them.
    CHECK(from.accepts(hs256(signed_part(from.header(), from.claims()), latter)));
    from.keys = {{"", secret(shared_key)}};
    CHECK_FALSE(from.accepts(token("", shared_key)));
}

TEST_CASE("a token that asks for extensions, or is none for its type, is invalid") {
    issuer from;
    auto header = from.header();
    header["crit"] = json::array({"b64"});
    CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
    header["crit"] = json::array();
    CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
    header.erase("crit");
    header["typ"] = "JOSE";
    CHECK_FALSE(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
    header["typ"] = "jwt";
    CHECK(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
    header.erase("typ");
    CHECK(from.accepts(hs256(signed_part(header, from.claims()), shared_key)));
}

TEST_CASE("a token counts from nbf to exp, with the skew on both sides and no longer") {
    issuer from;
    auto skew = GENERATE(60, 1, 0);
    CAPTURE(skew);
    from.configured.skew = seconds(skew);
    CHECK(from.accepts(from.with("exp", from.in(1 - skew))));
    auto late = from.judge(from.with("exp", from.in(-skew)));
    REQUIRE_FALSE(late);
    CHECK(late.error() == problem::expired);
    CHECK(from.accepts(from.with("nbf", from.in(skew))));
    auto early = from.judge(from.with("nbf", from.in(skew + 1)));
    REQUIRE_FALSE(early);
    CHECK(early.error() == problem::invalid);
}

TEST_CASE("a token whose exp is missing or no date, or that is expired and forged, is invalid") {
    issuer from;
    auto without = from.claims();
    without.erase("exp");
    CHECK(from.judge(without).error() == problem::invalid);
    for (const auto& value : {json("tomorrow"), json(-1), json(nullptr), json(true), json(1e300),
                              json(std::to_string(from.in(60)))}) {
        CAPTURE(value.dump());
        CHECK(from.judge(from.with("exp", value)).error() == problem::invalid);
        CHECK_FALSE(from.accepts(from.with("nbf", value)));
    }
    CHECK(from.accepts(from.with("exp", static_cast<double>(from.in(60)) + 0.5)));
    auto part = signed_part(from.header(), from.with("exp", from.in(-1000)));
    CHECK(from.judge(hs256(part, "forged")).error() == problem::invalid);
}

TEST_CASE("issuer and audience count where they are configured") {
    issuer from;
    auto said = from.claims();
    said["iss"] = "https://id.example.org";
    CHECK(from.accepts(said));
    said["aud"] = json::array({"other", "rejoinder"});
    CHECK_FALSE(from.accepts(said)); // it names whom it is for, and that is not said to be this server
    from.configured.issuer = "https://id.example.org";
    from.configured.audience = "rejoinder";
    CHECK(from.accepts(said));
    auto changed = [&](const char* claim, json value) {
        auto other = said;
        if (value.is_null())
            other.erase(claim);
        else
            other[claim] = std::move(value);
        return other;
    };
    CHECK(from.accepts(changed("aud", "rejoinder")));
    for (const auto& value :
         {json("https://id.example.org/"), json(), json(json::array({"https://id.example.org"}))})
        CHECK(from.judge(changed("iss", value)).error() == problem::invalid);
    for (const auto& value : {json("other"), json(), json(json::array()), json("rejoinder2"), json(1)})
        CHECK(from.judge(changed("aud", value)).error() == problem::invalid);
}

TEST_CASE("the account comes from the configured claim and must be a name") {
    issuer from;
    auto said = from.with("tenant", "acme-2");
    from.configured.account_claim = "tenant";
    CHECK(from.judge(said)->account == account_id{"acme-2"});
    for (const auto& value : {json(""), json(7), json(nullptr), json("a\nb"), json(std::string(129, 'a'))}) {
        CAPTURE(value.dump());
        CHECK_FALSE(from.accepts(from.with("tenant", value)));
    }
    CHECK_FALSE(from.accepts(from.claims()));
    for (const auto& value : {json(""), json(7), json(nullptr), json("a/b"), json(std::string(65, 'd'))}) {
        auto device = said;
        device["device"] = value;
        CAPTURE(value.dump());
        CHECK_FALSE(from.accepts(device));
    }
}

TEST_CASE("no signed token stands for the account of robots and of servers without credentials") {
    issuer from;
    CHECK(from.judge(from.with("sub", "local")).error() == problem::invalid);
    CHECK(from.accepts(from.with("sub", "locale")));
}

TEST_CASE("a token that readers could disagree on is invalid, whoever has signed it") {
    issuer from;
    auto signed_text = [&](const std::string& header, const std::string& claims) {
        return hs256(base64url(header) + "." + base64url(claims), shared_key);
    };
    auto exp = std::to_string(from.in(60));
    const std::string header = R"({"alg":"HS256"})";
    CHECK(from.accepts(signed_text(header, R"({"sub":"acme","exp":)" + exp + "}")));
    CHECK_FALSE(from.accepts(signed_text(header, R"({"sub":"acme","sub":"other","exp":)" + exp + "}")));
    CHECK_FALSE(
        from.accepts(signed_text(R"({"alg":"HS256","alg":"none"})", R"({"sub":"acme","exp":)" + exp + "}")));
    CHECK_FALSE(from.accepts(signed_text(header, "[]")));
    CHECK_FALSE(from.accepts(signed_text(header, "{")));
}

TEST_CASE("a token of more than 8 KiB is invalid unread") {
    issuer from;
    auto padded = [&](std::size_t more) { return from.with("note", std::string(more, 'n')); };
    CHECK(from.accepts(padded(5000)));
    CHECK(from.judge(padded(7000)).error() == problem::invalid);
}
