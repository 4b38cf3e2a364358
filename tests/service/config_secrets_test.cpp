#include "tests/service/config_text.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

TEST_CASE("a misspelt table of tokens is named without what is in it") {
    auto why = refusal("[robot_tokens]\ns3cret = \"robot-1\"");
    CHECK(holds(why, "robot_tokens: there is no such key"));
    CHECK_FALSE(holds(why, "s3cret"));
    CHECK(holds(refusal("[limits]\ncredits = 1"), "limits.credits"));
}

TEST_CASE("a robot's token is never part of an error") {
    auto why = refusal("[robot-tokens]\ns3cret = [1]");
    CHECK(holds(why, "robot-tokens"));
    CHECK_FALSE(holds(why, "s3cret"));
    why = refusal("[robot-tokens]\ns3cret = \"${NONE}\"");
    CHECK(holds(why, "NONE"));
    CHECK_FALSE(holds(why, "s3cret"));
}

TEST_CASE("what is printed hides every robot's token and shows its device") {
    config values;
    values.robot_tokens = {{"s3cret", "kitchen"}, {"other-s3cret", "hall"}};
    auto text = print(values);
    CHECK_FALSE(holds(text, "s3cret"));
    CHECK(holds(text, "\"***\" = \"kitchen\""));
    CHECK(holds(text, "\"***\" = \"hall\""));
}

TEST_CASE("what is printed hides the database's password") {
    config values;
    values.database = "postgresql://ann:s3cret@db/store";
    CHECK(holds(print(values), "database = \"postgresql://ann:***@db/store\""));
}

TEST_CASE("an encryption key comes out of a variable and is never shown") {
    auto values = load_config("", {{"REJOINDER_ENCRYPTION_KEY", "k1:s3cret"}}, {});
    CHECK(values.encryption_key.bytes() == "k1:s3cret");
    CHECK(holds(print(values), "# key = \"***\"\n"));
    CHECK_FALSE(holds(print(values), "s3cret"));
    CHECK(from_file(print(values)).encryption_key.empty());

    values = load_config("", {{"KEYS", "k1:s3cret"}}, {{"encryption.key", "${KEYS}"}});
    CHECK(values.encryption_key.bytes() == "k1:s3cret");
    CHECK(load_config("", {}, {{"encryption.key-file", "keys"}}).encryption_key_file == "keys");
}

TEST_CASE("an encryption key that is written out in a file is refused without being shown") {
    auto why = refusal("encryption.key = \"k1:s3cret\"");
    CHECK(holds(why, "encryption.key: must be a variable, written ${NAME}"));
    CHECK_FALSE(holds(why, "s3cret"));
    CHECK(from_file("[encryption]\nkey = \"\"\nkey-file = \"keys\"").encryption_key_file == "keys");
}

TEST_CASE("a key of credentials comes out of a variable and is never shown") {
    auto values = load_config("", {{"REJOINDER_CREDENTIALS_KEY", "k1:s3cret"}}, {});
    CHECK(values.credentials.key.bytes() == "k1:s3cret");
    CHECK(holds(print(values), "[credentials]\n"));
    CHECK(holds(print(values), "# key = \"***\"\n"));
    CHECK_FALSE(holds(print(values), "s3cret"));
    auto why = refusal("credentials.key = \"k1:s3cret\"");
    CHECK(holds(why, "credentials.key: must be a variable, written ${NAME}"));
    CHECK_FALSE(holds(why, "s3cret"));
}

TEST_CASE("what is printed with tokens can be read back, and lets nobody in by what stands for them") {
    config values;
    values.robot_tokens = {{"one", "kitchen"}, {"two", "hall\nway"}};
    CHECK(from_file(print(values)).robot_tokens.empty());
}
