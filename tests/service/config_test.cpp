#include "tests/service/config_text.hpp"

#include <vector>

using namespace rejoinder;
using namespace rejoinder::service;
using namespace rejoinder::tests;

TEST_CASE("without any source the defaults hold") {
    auto values = load_config("", {}, {});
    CHECK(values.listen == "127.0.0.1:8080");
    CHECK(values.database == "memory:");
    CHECK_FALSE(values.echo);
    CHECK(values.limits.credit == 8);
    CHECK(values.limits.hello_deadline == milliseconds(5000));
    CHECK(values.robot_tokens.empty());
}

TEST_CASE("a file wins over the defaults, the environment over the file, a flag over all") {
    const std::string file = "node = \"file\"\n[limits]\ncredit = 20\n";
    const config_values environment = {{"REJOINDER_NODE", "environment"}, {"REJOINDER_LIMITS_CREDIT", "30"}};
    const config_values flags = {{"node", "flag"}, {"limits.credit", "40"}};
    CHECK(from_file(file).limits.node == "file");
    CHECK(from_file(file).limits.credit == 20);
    CHECK(from_file(file).listen == "127.0.0.1:8080");
    CHECK(from_file(file, environment).limits.node == "environment");
    CHECK(from_file(file, environment).limits.credit == 30);
    CHECK(from_file(file, environment, flags).limits.node == "flag");
    CHECK(from_file(file, environment, flags).limits.credit == 40);
    CHECK(load_config("", environment, {}).limits.credit == 30);
}

TEST_CASE("a key's variable has underscores for its dots and dashes") {
    auto values = load_config("",
                              {{"REJOINDER_LOG_LEVEL", "debug"},
                               {"REJOINDER_LIMITS_ATTACH_PER_MINUTE", "99.5"},
                               {"REJOINDER_CAPTURES", "of something else"},
                               {"LISTEN", "of somebody else"}},
                              {});
    CHECK(values.log_level == "debug");
    CHECK(values.limits.attach_attempts_per_minute == 99.5);
    CHECK(values.listen == "127.0.0.1:8080");
}

TEST_CASE("each kind of value is taken from a file, with and without a table") {
    auto values = from_file("listen = \"0.0.0.0:9\"\necho = true\n\"robot-machine\" = \"r2\"\n"
                            "[limits]\n\"drain-ms\" = 1500\nattach-burst = 2.5\nmessages-per-second = 0.25\n"
                            "[robot-tokens]\nabc = \"kitchen\"\n");
    CHECK(values.listen == "0.0.0.0:9");
    CHECK(values.echo);
    CHECK(values.robot_machine == "r2");
    CHECK(from_file("limits.mailbox = 128").limits.mailbox == 128);
    CHECK(values.limits.drain == milliseconds(1500));
    CHECK(values.limits.attach_attempts_burst == 2.5);
    CHECK(values.limits.connection.messages_per_second == 0.25);
    REQUIRE(values.robot_tokens.size() == 1);
    CHECK(values.robot_tokens[0].token == "abc");
    CHECK(values.robot_tokens[0].device == "kitchen");
}

TEST_CASE("a variable stands for its value in every source, its default for one that is unset or empty") {
    const config_values environment = {
        {"HOME", "/srv/ann"}, {"EMPTY", ""}, {"SECRET", "s3cret"}, {"WHERE", "hall"}};
    auto value = [&](const std::string& text) {
        return from_file("database = \"" + text + "\"", environment).database;
    };
    CHECK(value("sqlite:${HOME}/r.db") == "sqlite:/srv/ann/r.db");
    CHECK(value("${HOME}${HOME}") == "/srv/ann/srv/ann");
    CHECK(value("${NONE:-memory:}") == "memory:");
    CHECK(value("${NONE:-}") == "");
    CHECK(value("${EMPTY:-memory:}") == "memory:");
    CHECK(value("${EMPTY}") == "");
    CHECK(value("${HOME:-other}") == "/srv/ann");
    CHECK(value("$HOME ${HOME") == "$HOME ${HOME");
    CHECK(from_file("", {{"REJOINDER_NODE", "n-${HOST:-1}"}}).limits.node == "n-1");
    CHECK(load_config("", {{"PORT", "9"}}, {{"listen", "127.0.0.1:${PORT}"}}).listen == "127.0.0.1:9");
    CHECK(from_file("[limits]\ncredit = \"${CREDIT:-12}\"").limits.credit == 12);

    auto tokens = from_file("[robot-tokens]\n\"${SECRET}\" = \"${WHERE}\"", environment).robot_tokens;
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].token == "s3cret");
    CHECK(tokens[0].device == "hall");
    tokens = load_config("", environment, {{"robot-tokens.${SECRET}", "${WHERE}"}}).robot_tokens;
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].token == "s3cret");
    CHECK(tokens[0].device == "hall");
}

TEST_CASE("a variable's value is not looked into again") {
    CHECK(from_file("node = \"${A}\"", {{"A", "${B}"}}).limits.node == "${B}");
}

TEST_CASE("a variable that is unset is an error that names key and variable") {
    auto why = refusal("[limits]\ncredit = \"${CREDIT}\"");
    CHECK(holds(why, "limits.credit"));
    CHECK(holds(why, "CREDIT"));
    why = refusal("", {{"REJOINDER_DATABASE", "${WHERE}"}});
    CHECK(holds(why, "database"));
    CHECK(holds(why, "WHERE"));
    CHECK(holds(refusal("[robot-tokens]\n\"${TOKEN}\" = \"d\""), "TOKEN"));
    CHECK(refusal("# ${NONE}\n").empty());
}

TEST_CASE("an unknown key is an error, with a suggestion where one is close") {
    struct row {
        const char* text;
        const char* suggestion;
    };
    for (auto [text, suggestion] :
         {row{"lisen = \"x\"", "'listen'"}, row{"log_level = \"x\"", "'log-level'"},
          row{"credit = 1", "'limits.credit'"}, row{"[limit]\ncredit = 1", "'limits.credit'"},
          row{"heartbeat-ms = 1", "'limits.heartbeat-ms'"}, row{"mailbox = 9", "'limits.mailbox'"}}) {
        INFO(text);
        CHECK(holds(refusal(text), suggestion));
    }
    auto why = refusal("entirely-different-thing = 1");
    CHECK(holds(why, "entirely-different-thing"));
    CHECK_FALSE(holds(why, "did you mean"));
    CHECK(holds(refusal("", {}, {{"lisen", "x"}}), "'listen'"));
}

TEST_CASE("a number is taken at its bounds and refused beyond them, with the bounds named") {
    CHECK(from_file("limits.credit = 1").limits.credit == 1);
    CHECK(from_file("limits.credit = 1024").limits.credit == 1024);
    CHECK(from_file("limits.presence-patience-ms = 5000").limits.presence_patience == milliseconds(5000));
    for (const auto* text : {"limits.credit = 0", "limits.credit = 1025", "limits.credit = -1"}) {
        auto why = refusal(text);
        CHECK(holds(why, "limits.credit"));
        CHECK(holds(why, "from 1 to 1024"));
    }
    CHECK(holds(refusal("limits.presence-patience-ms = 5001"), "from 0 to 5000"));
    CHECK(holds(refusal("limits.attach-per-minute = 0"), "limits.attach-per-minute"));
    CHECK(holds(refusal("limits.outbox-frames = 7"), "limits.outbox-frames"));
    CHECK(holds(refusal("limits.session-life-ms = 1e300"), "limits.session-life-ms"));
}

TEST_CASE("how many connections lead to a database's server, and what a statement may take there, are keys") {
    auto limits = from_file("[limits]\ndatabase-connections = 9\ndatabase-statement-ms = 1500\n").limits;
    CHECK(limits.database_connections == 9);
    CHECK(limits.database_statement == milliseconds(1500));
    CHECK(holds(refusal("limits.database-connections = 1"), "from 2 to"));
    CHECK(holds(refusal("limits.database-statement-ms = 99"), "from 100 to"));
}

TEST_CASE("the limits of the listener, of connections and of the queue of commits are keys") {
    auto limits =
        from_file("[limits]\nconnections = 5\nconnections-per-address = 2\nunattached = 3\n"
                  "handshake-ms = 100\nheader-bytes = 2048\nheader-fields = 16\nfragments = 4\n"
                  "message-ms = 200\nwrite-ms = 300\nclose-ms = 400\n"
                  "control-frames-per-second = 7.5\nqueued-commits = 6\nqueued-commit-wait-ms = 500\n")
            .limits;
    CHECK(limits.listener.connections == 5);
    CHECK(limits.listener.connections_per_address == 2);
    CHECK(limits.unattached == 3);
    CHECK(limits.listener.handshake_deadline == milliseconds(100));
    CHECK(limits.listener.header_bytes == 2048);
    CHECK(limits.listener.header_fields == 16);
    CHECK(limits.connection.fragments == 4);
    CHECK(limits.queues.commits == 6);
    CHECK(limits.queues.commit_wait == milliseconds(500));
    CHECK(limits.connection.message_deadline == milliseconds(200));
    CHECK(limits.connection.write_deadline == milliseconds(300));
    CHECK(limits.connection.close_deadline == milliseconds(400));
    CHECK(limits.connection.control_frames_per_second == 7.5);
    CHECK(holds(refusal("limits.connections = 0"), "from 1 to"));
    CHECK(holds(refusal("limits.header-bytes = 1000"), "from 1024 to"));
    CHECK(holds(refusal("limits.fragments = 0"), "from 1 to"));
}

TEST_CASE("the size at which a message closes its connection follows the limit of messages") {
    CHECK(from_file("").limits.connection.message_hard == 16 * 65536);
    CHECK(from_file("limits.message-bytes = 1024").limits.connection.message_hard == 16 * 1024);
    CHECK(from_file("limits.message-bytes = 67108864").limits.connection.message_hard == 16U * 67108864);
}

TEST_CASE("a variable whose key is misspelt is named with the one that may have been meant") {
    struct row {
        const char* variable;
        const char* suggestion;
    };
    for (auto [variable, suggestion] :
         {row{"REJOINDER_LIMITS_CREDITS", "'REJOINDER_LIMITS_CREDIT'"},
          row{"REJOINDER_CREDIT", "'REJOINDER_LIMITS_CREDIT'"}, row{"REJOINDER_LISEN", "'REJOINDER_LISTEN'"},
          row{"REJOINDER_listen", ""}, row{"REJOINDER_LOGLEVEL", "'REJOINDER_LOG_LEVEL'"},
          row{"REJOINDER_LISTEN", ""}, row{"REJOINDER_CAPTURES", ""}, row{"REJOINDER_SEED", ""},
          row{"LISEN", ""}}) {
        INFO(variable);
        auto sentences = misspelt_variables({{variable, "1"}});
        if (*suggestion == 0) {
            CHECK(sentences.empty());
            continue;
        }
        REQUIRE(sentences.size() == 1);
        CHECK(holds(sentences[0], std::string(variable) + ":"));
        CHECK(holds(sentences[0], suggestion));
    }
}

TEST_CASE("a value of the wrong type is an error that names the key") {
    for (const auto* value : {"\"many\"", "\"\"", "\"8 \"", "\"0x8\"", "true", "[1]", "{}", "1979-05-27",
                              "nan", "inf", "\"nan\""}) {
        INFO(value);
        auto why = refusal("limits.credit = " + std::string(value));
        CHECK(holds(why, "limits.credit"));
        why = refusal("limits.attach-per-minute = " + std::string(value));
        CHECK(holds(why, "limits.attach-per-minute"));
    }
    CHECK(holds(refusal("limits.credit = 1.5"), "limits.credit: must be a whole number"));
    CHECK(holds(refusal("limits.drain-ms = 0.5"), "limits.drain-ms: must be a whole number"));
    CHECK(holds(refusal("limits.outbox-frames = 8.5"), "limits.outbox-frames: must be a whole number"));
    for (const auto* value : {"1", "\"yes\"", "[true]"})
        CHECK(holds(refusal("echo = " + std::string(value)), "echo"));
    CHECK(holds(refusal("listen = [\"a\"]"), "listen"));
    CHECK(holds(refusal("[listen]\nhost = \"a\""), "listen"));
}

TEST_CASE("a file that is missing or no TOML is an error that names it") {
    toml_file broken("listen = \"a\"\n\nlimits = = 3\n");
    auto why = [](const std::string& path) {
        try {
            load_config(path, {}, {});
            return std::string();
        } catch (const config_error& error) {
            return std::string(error.what());
        }
    };
    CHECK(holds(why(broken.path()), broken.path()));
    CHECK(holds(why(broken.path()), "line 3"));
    CHECK(holds(why(broken.path() + ".none"), broken.path() + ".none"));
}

TEST_CASE("credentials are a table of keys, with the names of what there is in an error") {
    auto values = from_file("[credentials]\nkind = \"jwt\"\nalgorithm = \"ES256\"\nkey-file = \"keys.pem\"\n"
                            "issuer = \"https://id.example.org\"\naudience = \"rejoinder\"\n"
                            "account-claim = \"tenant\"\nskew-ms = 5000\n")
                      .credentials;
    CHECK(values.kind == credentials::kind::jwt);
    CHECK(values.algorithm == credentials::algorithm::es256);
    CHECK(values.key_file == "keys.pem");
    CHECK(values.issuer == "https://id.example.org");
    CHECK(values.audience == "rejoinder");
    CHECK(values.account_claim == "tenant");
    CHECK(values.skew == milliseconds(5000));
    CHECK(from_file("").credentials.kind == credentials::kind::none);
    CHECK(from_file("").credentials.skew == milliseconds(60'000));
    CHECK(refusal("credentials.kind = \"token\"") == "credentials.kind: must be none, tokens or jwt");
    for (const auto* name : {"none", "HS512", "hs256", ""})
        CHECK(refusal("credentials.algorithm = \"" + std::string(name) + "\"") ==
              "credentials.algorithm: must be HS256, RS256 or ES256");
    CHECK(holds(refusal("credentials.skew-ms = 60001"), "from 0 to 60000"));
    CHECK(holds(refusal("credentials.issuers = \"a\""), "'credentials.issuer'"));
}

TEST_CASE("origins are a list, parted by commas where there are no arrays") {
    const std::vector<std::string> both{"https://app.example.org", "http://localhost:3000"};
    CHECK(from_file("origins = [\"https://app.example.org\", \"http://localhost:3000\"]").origins == both);
    CHECK(from_file("origins = []").origins.empty());
    CHECK(from_file("origins = \"https://app.example.org\"").origins.size() == 1);
    CHECK(load_config("", {{"REJOINDER_ORIGINS", "https://app.example.org, http://localhost:3000"}}, {})
              .origins == both);
    auto values = load_config("", {}, {{"origins", "https://app.example.org,http://localhost:3000"}});
    CHECK(values.origins == both);
    CHECK(holds(print(values), "origins = [\"https://app.example.org\", \"http://localhost:3000\"]\n"));
    CHECK(from_file(print(values)).origins == both);
    CHECK(holds(refusal("origins = [\"https://app.example.org/\"]"), "origins: each of them must end with"));
    CHECK(holds(refusal("origins = [\"*\"]"), "origins: each of them"));
    CHECK(holds(refusal("origins = [1]"), "origins: must be a list of texts"));
    CHECK(holds(refusal("listen = [\"a\"]"), "listen"));
}

TEST_CASE("the variable with a client's token is no misspelt key") {
    CHECK(misspelt_variables({{"REJOINDER_TOKEN", "at1.s3cret"}}).empty());
}

TEST_CASE("what is printed can be read back and says the same") {
    auto values = load_config("",
                              {{"REJOINDER_NODE", "a \"b\" \\ c\n\td\x01 é"},
                               {"REJOINDER_LIMITS_ATTACH_PER_MINUTE", "123456789.25"},
                               {"REJOINDER_LIMITS_MESSAGES_PER_SECOND", "0.1"},
                               {"REJOINDER_LIMITS_ROBOT_CONNECTIONS_PER_MINUTE", "1e9"},
                               {"REJOINDER_LIMITS_LIVE_SESSIONS", "10000000"},
                               {"REJOINDER_LIMITS_SESSION_LIFE_MS", "315360000000"},
                               {"REJOINDER_ECHO", "true"}},
                              {});
    auto text = print(values);
    auto again = from_file(text);
    CHECK(print(again) == text);
    CHECK(again.limits.node == values.limits.node);
    CHECK(again.limits.attach_attempts_per_minute == 123456789.25);
    CHECK(again.limits.connection.messages_per_second == 0.1);
    CHECK(again.limits.robot_connections_per_minute == 1e9);
    CHECK(again.limits.live_sessions == 10000000);
    CHECK(again.limits.session_life == milliseconds(315360000000));
    CHECK(again.echo);
}

TEST_CASE("the variables of the process are found by name") {
    REQUIRE(::setenv("REJOINDER_CONFIG_TEST", "a=b", 1) == 0);
    auto variables = process_environment();
    ::unsetenv("REJOINDER_CONFIG_TEST");
    CHECK(variables["REJOINDER_CONFIG_TEST"] == "a=b");
}

TEST_CASE("trusted proxies are a list of addresses and networks") {
    using list = std::vector<std::string>;
    auto values = from_file("trusted-proxies = [\"10.0.0.0/8\", \"::1\"]");
    CHECK(values.trusted_proxies == list{"10.0.0.0/8", "::1"});
    CHECK(holds(print(values), "trusted-proxies = [\"10.0.0.0/8\", \"::1\"]"));
    CHECK(load_config("", {{"REJOINDER_TRUSTED_PROXIES", "10.0.0.0/8, ::1"}}, {}).trusted_proxies ==
          list{"10.0.0.0/8", "::1"});
    CHECK_THROWS_AS(from_file("trusted-proxies = [\"example.org\"]"), config_error);
    CHECK(from_file("[limits]\nbounds-on-loopback = true").limits.listener.bounds_loopback);
}
