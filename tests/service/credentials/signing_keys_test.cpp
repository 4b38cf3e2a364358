#include "service/credentials/signing_keys.hpp"

#include "persistence/base64.hpp"
#include "service/config.hpp"
#include "tests/service/credentials/jwt_maker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <fstream>

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::service;
using namespace rejoinder::service::credentials;

namespace {

std::string line_of(const std::string& id, std::size_t size) {
    return id + ":" + to_base64(std::string(size, 'k')) + "\n";
}

std::string refusal_of_public(const std::string& text, algorithm of) {
    std::string why;
    return parse_public_keys(secret(text), of, why) ? "" : why;
}

/// A file of keys with these permissions.
class key_file {
public:
    key_file(const std::string& text, mode_t mode) {
        std::ofstream(path()) << text;
        ::chmod(path().c_str(), mode);
    }
    std::string path() const { return folder_.file("keys"); }

private:
    temporary_folder folder_;
};

std::string refusal_of(const rules& configured) {
    try {
        load_signing_keys(configured);
        return {};
    } catch (const config_error& wrong) {
        return wrong.what();
    }
}

} // namespace

TEST_CASE("shared keys have 32 bytes at least and a name each") {
    std::string why;
    auto keys = parse_shared_keys(secret("# ours\n" + line_of("k1", 32) + line_of("k2", 64)), why);
    REQUIRE(keys);
    REQUIRE(keys->size() == 2);
    CHECK((*keys)[1].id == "k2");
    CHECK((*keys)[1].bytes.bytes() == std::string(64, 'k'));
    CHECK_FALSE(parse_shared_keys(secret(line_of("k1", 31)), why));
    CHECK(why.starts_with("line 1 must have a key of 32 to 1024 bytes"));
    CHECK_FALSE(parse_shared_keys(secret(line_of("k1", 1025)), why));
    CHECK_FALSE(parse_shared_keys(secret(line_of("k1", 32) + line_of("k1", 33)), why));
    CHECK_FALSE(parse_shared_keys(secret(""), why));
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += line_of("k" + std::to_string(i), 32);
    CHECK_FALSE(parse_shared_keys(secret(many), why));
    CHECK(why.starts_with("there are more than 16 keys"));
}

TEST_CASE("public keys are read with the kid in front of them") {
    auto first = key_pair::curve().public_pem();
    auto second = key_pair::curve().public_pem();
    std::string why;
    auto keys = parse_public_keys(secret("kid: 2026\n" + first + "\nthe former one\n" + second),
                                  algorithm::es256, why);
    REQUIRE(keys);
    REQUIRE(keys->size() == 2);
    CHECK((*keys)[0].id == "2026");
    CHECK((*keys)[0].bytes.bytes() == first);
    CHECK((*keys)[1].id.empty());
    CHECK(refusal_of_public("kid: a\n" + first + "kid: a\n" + second, algorithm::es256)
              .starts_with("key 2 has the kid of one before it"));
}

TEST_CASE("a public key of another kind, or too short a one, is refused") {
    auto curve = key_pair::curve().public_pem();
    CHECK(refusal_of_public(key_pair::rsa().public_pem(), algorithm::rs256).empty());
    CHECK(refusal_of_public(curve, algorithm::rs256).starts_with("key 1 is no RSA key of 2048 bits"));
    CHECK(
        refusal_of_public(key_pair::rsa(1024).public_pem(), algorithm::rs256).starts_with("key 1 is no RSA"));
    CHECK(
        refusal_of_public(key_pair::rsa().public_pem(), algorithm::es256).starts_with("key 1 is no key of"));
    CHECK(refusal_of_public(key_pair::curve("P-384").public_pem(), algorithm::es256)
              .starts_with("key 1 is no key of the curve P-256"));
    for (const auto& text : {std::string(), std::string("nothing"), curve.substr(0, curve.size() / 2)})
        CHECK(
            refusal_of_public(text, algorithm::es256).starts_with("there must be 1 to 16 whole public keys"));
    auto torn = curve;
    torn.replace(40, 8, "AAAAAAAA");
    CHECK(refusal_of_public(torn, algorithm::es256).starts_with("key 1 is no public key"));
    CHECK(refusal_of_public(key_pair::curve().private_pem(), algorithm::es256)
              .starts_with("there is a private key in it"));
}

TEST_CASE("a shared key comes from a variable or from a file that others can't read, and not from both") {
    key_file file(line_of("k1", 32), 0600);
    rules configured;
    configured.kind = kind::jwt;
    CHECK(refusal_of(configured).starts_with("credentials.key-file: tokens are signed with a key"));
    configured.key_file = file.path();
    CHECK(load_signing_keys(configured)->size() == 1);
    configured.key = secret(line_of("k1", 32));
    CHECK(refusal_of(configured).starts_with("credentials.key: there is credentials.key-file as well"));
    configured.key_file.clear();
    CHECK(load_signing_keys(configured)->size() == 1);
    configured.key = secret("k1:s3cret");
    auto why = refusal_of(configured);
    CHECK(why.starts_with("credentials.key: line 1 must have its key in base64"));
    CHECK(why.find("s3cret") == why.npos);
    configured.algorithm = algorithm::es256;
    CHECK(refusal_of(configured).starts_with("credentials.key: public keys are no secret"));

    key_file open(line_of("k1", 32), 0640);
    rules shared;
    shared.kind = kind::jwt;
    shared.key_file = open.path();
    CHECK(refusal_of(shared).find("open to others than its owner") != std::string::npos);
    shared.key_file = "no/such/file";
    CHECK(refusal_of(shared).starts_with("credentials.key-file: the file no/such/file cannot be read"));
}

TEST_CASE("a file of public keys may be read by others and written by nobody else") {
    auto pem = key_pair::curve().public_pem();
    rules configured;
    configured.kind = kind::jwt;
    configured.algorithm = algorithm::es256;
    key_file readable(pem, 0644);
    configured.key_file = readable.path();
    CHECK(load_signing_keys(configured)->size() == 1);
    key_file writable(pem, 0664);
    configured.key_file = writable.path();
    CHECK(refusal_of(configured).find("can be written by others") != std::string::npos);
}
