#include "service/keys.hpp"

#include "persistence/base64.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace rejoinder;
using namespace rejoinder::service;

namespace {

const std::string line = "k1:" + to_base64(std::string(32, 'a'));

std::string refusal(const config& values) {
    try {
        load_keys(values);
        return {};
    } catch (const config_error& wrong) {
        return wrong.what();
    }
}

} // namespace

TEST_CASE("there are no keys where none are configured") {
    CHECK_FALSE(load_keys({}));
}

TEST_CASE("keys come from a variable or from a file, and not from both") {
    tests::temporary_folder folder;
    auto file = folder.file("keys");
    std::ofstream(file) << line << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);

    config values;
    values.encryption_key_file = file;
    REQUIRE(load_keys(values));
    CHECK(load_keys(values)->current().id == "k1");
    values.encryption_key = secret(line);
    CHECK(refusal(values) == "encryption.key: there is encryption.key-file as well; set one of them");
    values.encryption_key_file.clear();
    REQUIRE(load_keys(values));
    CHECK(load_keys(values)->current().bytes.bytes() == std::string(32, 'a'));
}

TEST_CASE("wrong keys are refused under the name by which they are configured, without being shown") {
    config values;
    values.encryption_key = secret("k1:s3cret");
    auto why = refusal(values);
    CHECK(why.starts_with("encryption.key: line 1 must have its key in base64"));
    CHECK(why.find("s3cret") == std::string::npos);
    values.encryption_key = {};
    values.encryption_key_file = "no/such/file";
    CHECK(refusal(values).starts_with("encryption.key-file: the file no/such/file cannot be read"));
}
