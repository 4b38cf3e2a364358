// Bad input on the command line and at start: an exit status, one line that says what and what to do, no
// harm.

#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/ordinary_user.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

/// Expects a failure that is told in one line, which has all these parts.
void check_failed(const program_run& run, const std::vector<std::string>& parts) {
    CAPTURE(run.out, run.err);
    CHECK(run.status == 1);
    CHECK(run.out.empty());
    REQUIRE(run.complaints().size() == 1);
    auto complaint = run.complaints().front();
    CHECK(complaint.starts_with("rejoinder: "));
    for (const auto& part : parts) {
        CAPTURE(part);
        CHECK(has(complaint, part));
    }
}

/// Starts a server that can't come up, with the sample machines.
program_run try_to_serve(const std::string& database, const std::string& address = "127.0.0.1:0") {
    return run_program({"serve", "--machines", sample_machines, "--database", database, "--listen", address});
}

program_run try_to_serve_config(const temporary_folder& folder, const std::string& text) {
    write_bytes(folder.file("rejoinder.toml"), text);
    return run_program({"serve", "--config", folder.file("rejoinder.toml")});
}

constexpr auto broken_machine = R"({"id":"broken","version":1,"initial":"lost","states":{"found":{}}})";

/// A database that a server has made and closed.
std::string make_database(const temporary_folder& folder) {
    auto file = folder.file("sessions.db");
    CHECK(serve("sqlite:" + file)->stop(milliseconds(10'000)) == 0);
    return file;
}

/// Tries to serve a database that must be refused, and checks that it is left as it was.
void check_refused_untouched(const std::string& file, const std::vector<std::string>& parts) {
    auto before = bytes_of(file);
    auto run = try_to_serve("sqlite:" + file);
    check_failed(run, parts);
    CHECK(bytes_of(file) == before);
}

} // namespace

// ---- machines

TEST_CASE("a folder of machines that is not there stops the start") {
    auto run = run_program({"serve", "--machines", "no-such-folder"});
    check_failed(run, {"no-such-folder", "folder of machines"});
}

TEST_CASE("a folder without machines stops the start") {
    temporary_folder folder;
    auto run = run_program({"serve", "--machines", folder.path().string()});
    check_failed(run, {folder.path().string(), "*.json"});
}

TEST_CASE("a machine file with an error stops the start with its name and the place") {
    temporary_folder folder;
    write_bytes(folder.file("broken.json"), broken_machine);
    auto run = run_program({"serve", "--machines", folder.path().string()});
    check_failed(run, {folder.file("broken.json"), "/initial"});
}

TEST_CASE("a machine file that is no JSON stops the start with its name") {
    temporary_folder folder;
    write_bytes(folder.file("broken.json"), R"({"id": )");
    auto run = run_program({"serve", "--machines", folder.path().string()});
    check_failed(run, {folder.file("broken.json"), "JSON"});
}

TEST_CASE("machine check finds nothing in a good file and the place of the error in a bad one") {
    temporary_folder folder;
    write_bytes(folder.file("broken.json"), broken_machine);
    auto good = run_program({"machine", "check", sample_machines + "/parrot.json"});
    CHECK(good.status == 0);
    CHECK(has(good.out, "machine 'parrot' version 1"));
    CHECK(good.err.empty());

    auto bad =
        run_program({"machine", "check", folder.file("broken.json"), sample_machines + "/parrot.json"});
    CAPTURE(bad.out, bad.err);
    CHECK(bad.status == 1);
    CHECK(has(bad.out, folder.file("broken.json") + ": error at /initial"));
    CHECK(has(bad.out, "machine 'parrot' version 1"));
    REQUIRE(bad.complaints().size() == 1);
    CHECK(has(bad.err, folder.file("broken.json")));
    CHECK_FALSE(has(bad.err, "parrot"));
}

TEST_CASE("machine check names a file that can't be read") {
    auto run = run_program({"machine", "check", "no-such-file.json"});
    CHECK(run.status == 1);
    CHECK(run.out == "no-such-file.json: error: the file can't be read\n");
    REQUIRE(run.complaints().size() == 1);
    CHECK(has(run.err, "no-such-file.json"));
}

TEST_CASE("machine check says from which states of older versions there is no way") {
    temporary_folder folder;
    auto old = folder.file("old.json");
    auto good = folder.file("good.json");
    auto bad = folder.file("bad.json");
    write_bytes(
        old,
        R"({"id":"m","version":1,"initial":"a","context":{"n":1},"states":{"a":{"on":{"x":"b"}},"b":{}}})");
    const std::string newer =
        R"({"id":"m","version":2,"initial":"a","states":{"a":{}},"migrations":[{"from":1,"to":2)";
    write_bytes(good, newer + R"(,"drop":{"b":"a"}}]})");
    write_bytes(bad, newer + "}]}");

    auto passed = run_program({"machine", "check", good, "--against", old});
    CAPTURE(passed.out, passed.err);
    CHECK(passed.status == 0);
    CHECK(has(passed.out, good + " against " + old + ": sessions of version 1 go over to version 2\n"));

    auto failed = run_program({"machine", "check", bad, "--against", old});
    CHECK(failed.status == 1);
    CHECK(has(failed.out, bad + " against " + old + ": no way from the state 'b'"));
    REQUIRE(failed.complaints().size() == 1);
    CHECK(has(failed.err, bad));

    auto told = run_program(
        {"machine", "check", bad, "--against", old, "--against", sample_machines + "/parrot.json", "--json"});
    CHECK(told.status == 1);
    auto report = json::parse(told.out);
    CHECK(report[0]["against"][0]["passed"] == false);
    CHECK(report[0]["against"][0]["states"][0]["path"] == "b");
    CHECK(told.complaints().size() == 2);
    CHECK(has(told.err, "parrot.json: none of the files is a newer version of it"));
    CHECK(run_program({"machine", "check", good, "--against", folder.file("none.json")}).status == 1);
}

// ---- databases

TEST_CASE("a database in a folder that can't be written stops the start") {
    check_failed(try_to_serve("sqlite:/proc/rejoinder/sessions.db"),
                 {"/proc/rejoinder", "name another place"});
}

TEST_CASE("a database file that is read-only stops the start and stays as it is") {
    temporary_folder folder;
    auto file = make_database(folder);
    fs::permissions(folder.path(), fs::perms::all);
    fs::permissions(file, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    as_ordinary_user user;
    if (::access(REJOINDER_PROGRAM, X_OK) != 0 || ::access(sample_machines.c_str(), R_OK) != 0) {
        std::puts("SKIPPED: only root may start the program where it was built");
        return;
    }
    check_refused_untouched(file, {file, "permissions"});
}

TEST_CASE("a database of a newer program stops the start and stays as it is") {
    temporary_folder folder;
    auto file = make_database(folder);
    raw_file(file).execute("insert into migration values ('store', 99, '9.0.0', 0, 'x')");
    check_refused_untouched(file, {file, "9.0.0", "newer program"});
}

TEST_CASE("a file that is no database stops the start and stays as it is") {
    temporary_folder folder;
    auto file = folder.file("notes.txt");
    write_bytes(file, std::string(8192, 'x'));
    check_refused_untouched(file, {file, "no SQLite database"});
}

TEST_CASE("a damaged database stops the start and stays as it is") {
    temporary_folder folder;
    auto file = make_database(folder);
    auto bytes = bytes_of(file);
    REQUIRE(bytes.size() > 3 * 4096);
    for (std::size_t i = 4096; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i * 31);
    write_bytes(file, bytes);
    check_refused_untouched(file, {file, "damaged"});
}

TEST_CASE(
    "a database that another server has stops the start, by whatever name, and says which process it is") {
    temporary_folder folder;
    auto file = folder.file("sessions.db");
    fs::create_symlink(file, folder.file("other-name.db"));
    auto first = serve("sqlite:" + file);
    auto holder = "process " + std::to_string(first->process());
    for (const auto* name : {"sessions.db", "other-name.db", "../%/sessions.db"}) {
        auto path = folder.file(name);
        if (auto here = path.find('%'); here != path.npos)
            path.replace(here, 1, folder.path().filename().string());
        check_failed(try_to_serve("sqlite:" + path), {file, "another server", holder, "stop that one"});
    }
    CHECK(raw_file(file).single("select value from meta where key = 'closed'") == "no");
    CHECK(first->stop(milliseconds(10'000)) == 0);
}

TEST_CASE("a server that was killed keeps nobody off its database") {
    temporary_folder folder;
    auto file = folder.file("sessions.db");
    serve("sqlite:" + file)->kill();
    CHECK(fs::exists(file + ".lock"));
    CHECK(serve("sqlite:" + file)->stop(milliseconds(10'000)) == 0);
}

TEST_CASE("a database of an unknown type stops the start and lists the known ones") {
    check_failed(try_to_serve("mongo:somewhere"), {"mongo", "memory:", "sqlite:PATH", "file:DIR"});
}

// ---- addresses

TEST_CASE("a port in use stops the start and names it") {
    auto first = serve("memory:");
    auto address = first->base_url().substr(std::string("ws://").size());
    check_failed(try_to_serve("memory:", address), {address, "end the program", "--listen"});
    CHECK(first->stop(milliseconds(10'000)) == 0);
}

TEST_CASE("an address that is none stops the start") {
    for (const auto* address : {"nonsense", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:http", ":8080", ""}) {
        CAPTURE(address);
        check_failed(try_to_serve("memory:", address), {"listen", "HOST:PORT"});
    }
}

TEST_CASE("an address for commands that is none, or that somebody has, stops the start and is named") {
    auto try_to_serve_at = [](const std::string& address) {
        return run_program({"serve", "--machines", sample_machines, "--listen", "127.0.0.1:0", "--set",
                            "admin-listen=" + address});
    };
    check_failed(try_to_serve_at("nonsense"), {"admin-listen", "HOST:PORT"});
    auto first = serve("memory:");
    auto address = first->base_url().substr(std::string("ws://").size());
    check_failed(try_to_serve_at(address), {"admin-listen", address, "end the program"});
    CHECK(first->stop(milliseconds(10'000)) == 0);
}

TEST_CASE("without credentials the server listens on no address that others reach") {
    for (const auto* address :
         {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "127.0.0.1.example.org:0"}) {
        CAPTURE(address);
        check_failed(try_to_serve("memory:", address), {"listen", "127.0.0.1", "credentials"});
    }
}

// ---- configuration

TEST_CASE("an unknown key of the configuration is an error with a suggestion") {
    temporary_folder folder;
    check_failed(try_to_serve_config(folder, "databse = \"memory:\"\n"),
                 {"databse", "did you mean 'database'"});
    check_failed(try_to_serve_config(folder, "[limits]\ncredits = 4\n"),
                 {"limits.credits", "'limits.credit'"});
    check_failed(run_program({"serve", "--set", "limits.drain=1"}), {"limits.drain", "'limits.drain-ms'"});
}

TEST_CASE("a configuration that is no TOML is an error with its line") {
    temporary_folder folder;
    check_failed(try_to_serve_config(folder, "echo = true\nlisten =\n"), {"rejoinder.toml", "line 2"});
}

TEST_CASE("a configuration that can't be read is an error with its name") {
    check_failed(run_program({"serve", "--config", "no-such-file.toml"}),
                 {"no-such-file.toml", "can't be read"});
    temporary_folder folder;
    auto name = folder.path().string();
    check_failed(run_program({"serve", "--config", name}), {name, "can't be read"});
}

TEST_CASE("a variable that is not set is an error that names the key and the variable") {
    temporary_folder folder;
    check_failed(try_to_serve_config(folder, "database = \"sqlite:${REJOINDER_TEST_UNSET}\"\n"),
                 {"database", "REJOINDER_TEST_UNSET", "set it"});
}

TEST_CASE("a value out of bounds is an error with the bounds") {
    check_failed(run_program({"serve", "--set", "limits.credit=0"}), {"limits.credit", "from 1 to 1024"});
    check_failed(run_program({"serve", "--set", "limits.credit=many"}), {"limits.credit", "number"});
    check_failed(run_program({"serve", "--log-level", "loud"}), {"log-level", "debug"});
}

TEST_CASE("the printed configuration hides the tokens of robots and is one itself") {
    temporary_folder folder;
    write_bytes(folder.file("first.toml"),
                "node = \"${REJOINDER_TEST_NODE:-n\\\"7}\"\n[robot-tokens]\n\"${REJOINDER_TEST_TOKEN}\" = "
                "\"kitchen\"\n");
    program_surroundings around;
    around.variables["REJOINDER_TEST_TOKEN"] = "very-secret";
    around.variables["REJOINDER_LIMITS_CREDIT"] = "5";
    auto printed = run_program(
        {"serve", "--config", folder.file("first.toml"), "--print-config", "--set", "limits.queued-turns=9"},
        around);
    CAPTURE(printed.out, printed.err);
    CHECK(printed.status == 0);
    CHECK(printed.err.empty());
    CHECK_FALSE(has(printed.out, "very-secret"));
    CHECK(has(printed.out, "\"***\" = \"kitchen\""));
    CHECK(has(printed.out, "node = \"n\\\"7\""));
    CHECK(has(printed.out, "\ncredit = 5\n"));
    CHECK(has(printed.out, "\nqueued-turns = 9\n"));

    write_bytes(folder.file("second.toml"), printed.out);
    auto again = run_program({"serve", "--config", folder.file("second.toml"), "--print-config"});
    CHECK(again.status == 0);
    // Tokens are shown as comments: a token that everybody can read is none, so they are what does not come
    // back.
    CHECK(again.out == printed.out.substr(0, printed.out.find("\n[robot-tokens]")));
}

TEST_CASE("an encryption key is never shown, and a wrong one is an error that says what is wrong with it") {
    program_surroundings around;
    around.variables["REJOINDER_ENCRYPTION_KEY"] = "k1:very-secret";
    auto printed = run_program({"serve", "--print-config"}, around);
    CHECK(printed.status == 0);
    CHECK(has(printed.out, "# key = \"***\"\n"));
    CHECK_FALSE(has(printed.out + printed.err, "very-secret"));
    auto refused = run_program({"serve", "--machines", sample_machines}, around);
    CHECK_FALSE(has(refused.out + refused.err, "very-secret"));
    check_failed(refused, {"encryption.key: line 1", "openssl rand -base64 32"});
    check_failed(
        run_program({"serve", "--machines", sample_machines, "--set", "encryption.key=k1:very-secret"}),
        {"encryption.key", "variable"});

    temporary_folder folder;
    auto file = folder.file("keys");
    write_bytes(file, "k1:very-secret\n");
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    check_failed(
        run_program({"serve", "--machines", sample_machines, "--set", "encryption.key-file=" + file}),
        {"encryption.key-file", file, "chmod 600"});
}

TEST_CASE("a variable with a misspelt key is named with the right one, and the program goes on") {
    program_surroundings around;
    around.variables["REJOINDER_LIMITS_CREDITS"] = "5";
    auto run = run_program({"serve", "--print-config"}, around);
    CAPTURE(run.out, run.err);
    CHECK(run.status == 0);
    REQUIRE(run.complaints().size() == 1);
    CHECK(has(run.complaints().front(), "REJOINDER_LIMITS_CREDITS"));
    CHECK(has(run.complaints().front(), "'REJOINDER_LIMITS_CREDIT'"));
}

// ---- use

TEST_CASE("wrong use ends with status 2 and says so on standard error") {
    using words = std::vector<std::string>;
    for (const auto& wrong :
         {words{}, words{"sing"}, words{"serve", "--loudly"}, words{"serve", "--set", "no-equals-sign"},
          words{"serve", "--listen"}, words{"machine"}, words{"machine", "check"}, words{"machine", "show"},
          words{"machine", "show", "x.json", "--session", "y"},
          words{"machine", "show", "x.json", "--database", "memory:"},
          words{"bench", "--duration", "long"}}) {
        CAPTURE(wrong);
        auto run = run_program(wrong);
        CHECK(run.status == 2);
        CHECK(run.out.empty());
        CHECK_FALSE(run.err.empty());
    }
}

TEST_CASE("version prints one line") {
    auto run = run_program({"version"});
    CHECK(run.status == 0);
    CHECK(run.out.starts_with("rejoinder "));
    CHECK(run.out.find('\n') == run.out.size() - 1);
    CHECK(run.err.empty());
}
