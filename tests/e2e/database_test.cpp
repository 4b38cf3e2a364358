// The commands `rejoinder database ...` over stores that no server has open: what they print, their status,
// and what they leave behind. What they do in detail is tested in tests/persistence/lifecycle.

#include "persistence/database.hpp"
#include "persistence/json.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/served.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;

namespace {

using persistence::record_id;

/// A store for commands to work on.
class shelf {
public:
    explicit shelf(const std::string& kind) : kind_(kind) {}

    std::string url(const std::string& name = "store") const { return kind_ + ":" + folder_.file(name); }
    std::string place(const std::string& name = "store") const { return folder_.file(name); }
    fs::path folder() const { return folder_.path(); }

    /// Puts records into a store and closes it.
    void put(const std::vector<std::pair<record_id, std::string>>& records,
             const std::string& name = "store") {
        with(name, [this, &records](persistence::database& db) {
            for (const auto& [id, value] : records) {
                persistence::change_set changes;
                changes.now = world_.env().utc_now();
                persistence::record_write write;
                write.id = id;
                write.value = value;
                changes.writes.push_back(std::move(write));
                auto answer = world_.get(db.commit(std::move(changes)));
                REQUIRE_FALSE(answer.error);
            }
        });
    }
    std::string incarnation(const std::string& name = "store") {
        std::string found;
        with(name, [&found](persistence::database& db) { found = db.incarnation(); });
        return found;
    }

private:
    template <class Work>
    void with(const std::string& name, Work work) {
        std::string why;
        auto opened =
            persistence::open_database(world_.env(), *persistence::parse_database_url(url(name)), why);
        INFO(why);
        REQUIRE(opened);
        work(**opened);
        world_.run((*opened)->close());
    }

    std::string kind_;
    temporary_folder folder_;
    real_environment world_;
};

program_run database(std::vector<std::string> words, const program_surroundings& around = {}) {
    words.insert(words.begin(), "database");
    return run_program(words, around);
}

json output_of(const program_run& run) {
    CAPTURE(run.out, run.err);
    CHECK(run.complaints().empty());
    CHECK(run.status == 0);
    auto parsed = parse_json(run.out);
    REQUIRE(parsed);
    return parsed.value;
}

void check_complaint(const program_run& run, const std::string& part) {
    CAPTURE(run.out, run.err, part);
    CHECK(run.status == 1);
    REQUIRE(run.complaints().size() == 1);
    CHECK(run.complaints().front().starts_with("rejoinder: "));
    CHECK(run.complaints().front().find(part) != std::string::npos);
}

record_id note(const std::string& person, const std::string& key = "n1") {
    return {"user_note", {"acme", "", "", person}, key};
}

bool holds(const fs::path& folder, const std::string& text) {
    return std::ranges::any_of(fs::recursive_directory_iterator(folder), [&](const auto& entry) {
        return entry.is_regular_file() && bytes_of(entry.path().string()).find(text) != std::string::npos;
    });
}

} // namespace

TEST_CASE("stats counts what is in a store, as a table and as JSON") {
    shelf s(GENERATE("sqlite", "file"));
    s.put({{note("ann"), R"({"note":"tea"})"}, {note("bob"), R"({"note":"milk"})"}});
    auto found = output_of(database({"stats", "--database", s.url(), "--json"}));
    CHECK(found["records"]["user_note"]["count"] == 2);
    CHECK(found["sessions"]["count"] == 0);
    CHECK(found["disk_bytes"] > 0);
    auto table = database({"stats", "--database", s.url()});
    CHECK(table.status == 0);
    CHECK(table.out.find("user_note") != std::string::npos);
    CHECK(table.err.empty());
}

TEST_CASE("migrate says from which version to which") {
    shelf s(GENERATE("sqlite", "file"));
    s.put({{note("ann"), R"({"note":"tea"})"}});
    auto same = output_of(database({"migrate", "--database", s.url(), "--json"}));
    CHECK(same["from"] == same["to"]);
    CHECK(same["to"] >= 1);
    CHECK(database({"migrate", "--database", s.url()}).out.find("of this program") != std::string::npos);
}

TEST_CASE("validate ends with 1 when something is wrong, sanitise mends it") {
    shelf s(GENERATE("sqlite", "file"));
    s.put({{note("ann"), R"({"note":"tea"})"}});
    CHECK(database({"validate", "--database", s.url()}).status == 0);
    s.put({{note("ann", "n2"), R"({"note":"secret","mood":"secret"})"}});
    auto wrong = database({"validate", "--database", s.url()});
    check_complaint(wrong, "1 problem");
    CHECK(wrong.out.find("user_note n2 of acme/ann at /mood") != std::string::npos);
    CHECK(wrong.out.find("secret") == std::string::npos);

    auto preview = output_of(database({"sanitise", "--database", s.url(), "--dry-run", "--json"}));
    CHECK(preview["mended_records"] == 1);
    CHECK(database({"validate", "--database", s.url()}).status == 1);
    CHECK(database({"sanitise", "--database", s.url()}).status == 0);
    CHECK(database({"validate", "--database", s.url()}).status == 0);
}

TEST_CASE("a store that is not there, or is gone with its process, is named and nothing is made") {
    shelf s("sqlite");
    for (const auto* command : {"stats", "validate", "sanitise", "compact", "orphans"})
        check_complaint(database({command, "--database", s.url()}), s.place());
    check_complaint(database({"export", "--database", s.url(), s.place("out")}), s.place());
    CHECK(fs::is_empty(s.folder()));
    check_complaint(database({"stats", "--database", "memory:"}), "sqlite:PATH");
    check_complaint(database({"stats"}), "--database");
    check_complaint(database({"stats", "--database", "mongo:x"}), "mongo");
}

TEST_CASE("the database is found as for serve: in the environment and in the file of the configuration") {
    shelf s("sqlite");
    s.put({{note("ann"), R"({"note":"tea"})"}});
    program_surroundings around;
    around.variables["REJOINDER_DATABASE"] = s.url();
    CHECK(run_program({"database", "stats"}, around).status == 0);
    write_bytes(s.place("rejoinder.toml"), "database = \"" + s.url() + "\"\n");
    CHECK(database({"stats", "--config", s.place("rejoinder.toml")}).status == 0);
}

TEST_CASE("what is exported is imported elsewhere, and a damaged export is refused with its line") {
    shelf s("sqlite");
    s.put({{note("ann"), R"({"note":"tea"})"}, {note("bob"), R"({"note":"milk"})"}});
    auto file = s.place("all.ndjson");
    CHECK(output_of(database({"export", "--database", s.url(), "--json", file}))["records"] == 2);
    check_complaint(database({"export", "--database", s.url(), file}), "all.ndjson");

    auto target = "file:" + s.place("elsewhere");
    auto report = output_of(database({"import", "--database", target, "--json", file}));
    CHECK(report["counts"]["records"] == 2);
    CHECK(output_of(database({"import", "--database", target, "--json", file}))["same"] == 2);

    auto bytes = bytes_of(file);
    write_bytes(file, bytes.substr(0, bytes.rfind("{\"end\"")));
    check_complaint(database({"import", "--database", target, file}), "nothing was changed");

    auto anns = s.place("ann.ndjson");
    CHECK(database({"export", "--database", s.url(), "--account", "acme", "--person", "ann", anns}).status ==
          0);
    CHECK(bytes_of(anns).find("tea") != std::string::npos);
    CHECK(bytes_of(anns).find("milk") == std::string::npos);
    CHECK(database({"export", "--database", s.url(), "--person", "ann", s.place("x")}).status == 2);
}

TEST_CASE("an import that would replace something needs agreement") {
    shelf s("sqlite");
    s.put({{note("ann"), R"({"note":"tea"})"}});
    auto file = s.place("all.ndjson");
    CHECK(database({"export", "--database", s.url(), file}).status == 0);
    s.put({{note("ann"), R"({"note":"coffee"})"}});
    check_complaint(database({"import", "--database", s.url(), file}), "--yes");
    CHECK(output_of(database({"import", "--database", s.url(), "--yes", "--json", file}))["replaced"] == 1);
}

TEST_CASE("a copy is verified, and a second one says that there is nothing to change") {
    shelf s("sqlite");
    s.put({{note("ann"), R"({"note":"tea"})"}, {note("bob"), R"({"note":"milk"})"}});
    auto target = "file:" + s.place("elsewhere");
    auto preview = output_of(database({"copy", "--from", s.url(), "--to", target, "--dry-run", "--json"}));
    CHECK(preview["written_records"] == 2);
    auto first = output_of(database({"copy", "--from", s.url(), "--to", target, "--json"}));
    CHECK(first["written_records"] == 2);
    CHECK(first["source"] == first["target"]);
    auto second = database({"copy", "--from", s.url(), "--to", target});
    CHECK(second.status == 0);
    CHECK(second.out.starts_with("nothing to change"));

    s.put({{note("eve"), R"({"note":"water"})"}}, "other");
    check_complaint(database({"copy", "--from", s.url("other"), "--to", target}), "--replace");
    check_complaint(database({"copy", "--from", s.url("other"), "--to", target, "--replace"}), "--yes");
    CHECK(database({"copy", "--from", s.url("other"), "--to", target, "--replace", "--yes"}).status == 0);
}

TEST_CASE("erase needs agreement, and leaves no byte of whom it is for") {
    shelf s(GENERATE("sqlite", "file"));
    s.put({{note("marguerite"), R"({"note":"tea-of-marguerite"})"}, {note("bob"), R"({"note":"milk"})"}});
    std::vector<std::string> erase{"erase", "--database", s.url(),     "--account",
                                   "acme",  "--person",   "marguerite"};
    auto with = [&erase](const std::string& word) {
        auto words = erase;
        words.push_back(word);
        return words;
    };
    check_complaint(database(erase), "--yes");
    CHECK(database(with("--dry-run")).out.find("1 record") != std::string::npos);
    CHECK(holds(s.folder(), "marguerite"));
    auto done = database(with("--yes"));
    CAPTURE(done.out, done.err);
    CHECK(done.status == 0);
    CHECK(done.out.find("out of reach") != std::string::npos);
    CHECK_FALSE(holds(s.folder(), "marguerite"));
    CHECK(holds(s.folder(), "milk"));
    CHECK(database({"erase", "--database", s.url(), "--person", "marguerite", "--yes"}).status == 2);
}

TEST_CASE("a restore brings a backup back under a new incarnation, without what was erased since") {
    shelf s(GENERATE("sqlite", "file"));
    s.put({{note("ann"), R"({"note":"tea"})"}, {note("bob"), R"({"note":"milk"})"}});
    auto before = s.incarnation();
    auto backup = s.place("backup");
    CHECK(database({"backup", "--database", s.url(), backup}).status == 0);
    check_complaint(database({"backup", "--database", s.url(), backup}), "backup");
    auto original = fs::is_directory(backup) ? std::string() : bytes_of(backup);
    CHECK(
        database({"erase", "--database", s.url(), "--account", "acme", "--person", "ann", "--yes"}).status ==
        0);
    s.put({{note("bob"), R"({"note":"changed"})"}});

    check_complaint(database({"restore", "--database", s.url(), backup}), "--yes");
    auto done = output_of(database({"restore", "--database", s.url(), "--yes", "--json", backup}));
    CHECK(done["counts"]["records"] == 1);
    CHECK(done["erased"] == 1);
    auto former = done["former"].get<std::string>();
    CHECK(fs::exists(former));
    CHECK(s.incarnation() != before);
    auto all = s.place("all.ndjson");
    CHECK(database({"export", "--database", s.url(), all}).status == 0);
    CHECK(bytes_of(all).find("milk") != std::string::npos);
    CHECK(bytes_of(all).find("tea") == std::string::npos);
    if (!original.empty()) CHECK(bytes_of(backup) == original);

    auto elsewhere = "sqlite:" + s.place("elsewhere");
    CHECK(output_of(database({"restore", "--database", elsewhere, "--json", backup}))["counts"]["records"] ==
          2);
    check_complaint(database({"restore", "--database", elsewhere, "--yes", s.place("nothing")}), "no backup");
}

TEST_CASE("commands work on a store that is encrypted with its keys, and leave one that is not as it is") {
    shelf s(GENERATE("sqlite", "file"));
    program_surroundings keys;
    keys.variables["REJOINDER_ENCRYPTION_KEY"] = "k1:" + std::string(43, 'A') + "=";
    s.put({{note("ann"), R"({"note":"tea-of-ann"})"}});

    CHECK(output_of(database({"stats", "--database", s.url(), "--json"},
                             keys))["records"]["user_note"]["count"] == 1);
    CHECK(holds(s.folder(), "tea-of-ann"));
    check_complaint(database({"rekey", "--database", s.url()}), "encryption.key-file");

    auto done = output_of(database({"rekey", "--database", s.url(), "--json"}, keys));
    CHECK(done["records"] == 1);
    CHECK(done["complete"] == true);
    CHECK_FALSE(holds(s.folder(), "tea-of-ann"));
    CHECK(output_of(database({"rekey", "--database", s.url(), "--json"}, keys))["records"] == 0);

    check_complaint(database({"stats", "--database", s.url()}), "is encrypted; give its keys ('k1')");
    auto backup = s.place("backup");
    CHECK(database({"backup", "--database", s.url(), backup}, keys).status == 0);
    auto restored = database({"restore", "--database", s.url(), "--yes", "--json", backup}, keys);
    CHECK(output_of(restored)["counts"]["records"] == 1);
    CHECK(database({"validate", "--database", s.url()}, keys).status == 0);
    CHECK_FALSE(holds(s.folder(), "tea-of-ann"));

    auto file = s.place("all.ndjson");
    CHECK(database({"export", "--database", s.url(), file}, keys).status == 0);
    CHECK(bytes_of(file).find("tea-of-ann") != std::string::npos);
}

TEST_CASE("a database command that is spelled wrong ends with 2") {
    for (const auto& wrong : std::vector<std::vector<std::string>>{
             {}, {"polish"}, {"copy", "--from", "sqlite:x"}, {"export"}, {"stats", "--yes"}}) {
        auto run = database(wrong);
        CHECK(run.status == 2);
        CHECK_FALSE(run.err.empty());
    }
}
