// The commands `rejoinder database ...` on a store that a server has open: they use it through the server,
// while its sessions go on.

#include "persistence/json.hpp"
#include "service/admin/serving_note.hpp"
#include "tests/e2e/program.hpp"
#include "tests/e2e/visit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace fs = std::filesystem;
namespace admin = rejoinder::service::admin;

namespace {

/// A server over a store of one kind, with somebody who talks to it all the while.
class served_store {
public:
    explicit served_store(const std::string& kind, std::vector<std::string> more = {})
        : kind_(kind), visited(std::move(more), url()) {}

    std::string url(const std::string& name = "store") const { return kind_ + ":" + folder_.file(name); }
    std::string place(const std::string& name = "store") const { return folder_.file(name); }

    program_run run(std::vector<std::string> words, const program_surroundings& around = {}) const {
        words.insert(words.begin(), "database");
        words.insert(words.end(), {"--database", url()});
        auto done = run_program(words, around);
        UNSCOPED_INFO(words[1] << ": " << done.out << done.err);
        return done;
    }
    json answer(std::vector<std::string> words) const {
        words.emplace_back("--json");
        auto done = run(std::move(words));
        REQUIRE(done.status == 0);
        return json::parse(done.out);
    }

    /// Whether a copy that was made for a command is left.
    bool has_copies() const {
        for (const auto& one : fs::directory_iterator(folder_.path()))
            if (one.path().filename().string().find("still") != std::string::npos) return true;
        return false;
    }
    persistence::database_options options() const { return *persistence::parse_database_url(url()); }

private:
    std::string kind_;
    temporary_folder folder_;

public:
    visited_server visited;
};

} // namespace

TEST_CASE("commands look at and mend a store while a server serves it, and its sessions go on") {
    auto kind = GENERATE("sqlite", "file");
    CAPTURE(kind);
    served_store store(kind);
    store.visited.check_neighbour();

    CHECK(store.answer({"stats"}).dump().find("session") != std::string::npos);
    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 1);
    store.visited.check_neighbour();
    for (const auto* command : {"sanitise", "compact", "orphans", "migrate"}) {
        CAPTURE(command);
        CHECK(store.run({command}).status == 0);
        store.visited.check_neighbour();
    }
    CHECK_FALSE(store.has_copies());
}

TEST_CASE("commands find a server that has an address of their own for them, and borrow its store there") {
    served_store store("sqlite", {"--set", "admin-listen=127.0.0.1:0", "limits.drain-ms=0"});
    auto noted = admin::read_serving_note(store.options());
    REQUIRE(noted);
    CHECK(noted->url.find(store.visited.server->base_url()) == std::string::npos);
    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 1);
    CHECK(store.run({"backup", store.place("kept")}).status == 0);
    CHECK(store.run({"restore", store.place("kept"), "--yes"}).status == 0);
    auto guest = store.visited.visit_when_ready();
}

TEST_CASE("a backup, an export and a copy are made beside a server, each of one moment") {
    auto kind = GENERATE("sqlite", "file");
    CAPTURE(kind);
    served_store store(kind);
    store.visited.check_neighbour();

    CHECK(store.run({"backup", store.place("kept")}).status == 0);
    CHECK(store.answer({"export", store.place("exported")}).at("sessions") == 1);
    auto copied =
        run_program({"database", "copy", "--from", store.url(), "--to", store.url("copied"), "--json"});
    CAPTURE(copied.out, copied.err);
    CHECK(copied.status == 0);
    store.visited.check_neighbour();
    CHECK_FALSE(store.has_copies());

    for (const auto* name : {"kept", "copied"}) {
        CAPTURE(name);
        auto looked = run_program({"database", "validate", "--database", store.url(name), "--json"});
        CAPTURE(looked.out, looked.err);
        REQUIRE(looked.status == 0);
        CHECK(json::parse(looked.out).at("counts").at("sessions") == 1);
    }
}

TEST_CASE(
    "an erasure beside a server takes a session that is being talked to, and nothing of it comes back") {
    auto kind = GENERATE("sqlite", "file");
    CAPTURE(kind);
    served_store store(kind);
    auto guest = store.visited.guest("guest");
    check_turn(guest, 1);
    auto erased = store.answer({"erase", "--account", "local", "--yes"});
    CAPTURE(erased.dump());
    guest.say(turn("turn-2", 2, "who was I?"));
    CHECK(guest.hear_out() >= 4000);

    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 0);
    auto newcomer = store.visited.guest("newcomer");
    check_turn(newcomer, 1);
    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 1);
}

TEST_CASE("a restore beside a server sends its clients away, who come back to what was restored") {
    auto kind = GENERATE("sqlite", "file");
    CAPTURE(kind);
    served_store store(kind, {"--set", "limits.drain-ms=500"});
    auto guest = store.visited.visit();
    guest.say(hello("guest"));
    auto welcome = guest.hear("welcome");
    check_turn(guest, 1);
    REQUIRE_FALSE(guest.hear("event").is_null());
    CHECK(store.run({"backup", store.place("kept")}).status == 0);
    check_turn(guest, 2);

    auto restored = store.answer({"restore", store.place("kept"), "--yes"});
    CHECK(restored.at("counts").at("sessions") == 2);
    CHECK(guest.hear_out() == 4001);

    auto again = store.visited.visit_when_ready();
    auto greeting = hello("guest");
    greeting["session"] = welcome.at("session");
    greeting["epoch"] = welcome.at("epoch");
    greeting["ack"] = 1;
    again.say(greeting);
    auto resumed = again.hear("welcome");
    CAPTURE(welcome.dump(), resumed.dump());
    CHECK(resumed.at("session") == welcome.at("session"));
    CHECK(resumed.at("epoch") != welcome.at("epoch"));
    CHECK(resumed.value("outcome", "") == "snapshot");
    CHECK(resumed.value("reason", "") == "epoch");
    check_turn(again, 2); // the second turn was never taken in what was restored
    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 2);
}

TEST_CASE("what wants a store for itself borrows it from its server, which serves on afterwards") {
    served_store store("sqlite", {"--set", "limits.drain-ms=300"});
    auto exported = store.place("exported");
    CHECK(store.run({"export", exported}).status == 0);
    CHECK(store.run({"backup", store.place("kept")}).status == 0);

    auto imported = store.run({"import", exported, "--yes"});
    CHECK(imported.status == 0);
    CHECK(imported.err.find("sends its clients away") != std::string::npos);
    auto first = store.visited.visit_when_ready();
    first.say(hello("first"));
    CHECK(first.hear("welcome").value("outcome", "") == "new");
    check_turn(first, 1);

    auto copied = run_program({"database", "copy", "--from", "sqlite:" + store.place("kept"), "--to",
                               store.url(), "--replace", "--yes"});
    CAPTURE(copied.out, copied.err);
    CHECK(copied.status == 0);
    auto second = store.visited.visit_when_ready();
    second.say(hello("second"));
    CHECK(second.hear("welcome").value("outcome", "") == "new");
    CHECK(store.answer({"validate"}).at("counts").at("sessions") == 2); // with the neighbour's
}

TEST_CASE("a preview takes nothing from a server") {
    served_store store("sqlite");
    CHECK(store.run({"backup", store.place("kept")}).status == 0);
    CHECK(store.run({"export", store.place("exported")}).status == 0);
    CHECK(store.run({"restore", store.place("kept"), "--dry-run"}).status == 0);
    CHECK(store.run({"import", store.place("exported"), "--dry-run"}).status == 0);
    std::vector<std::string> copy{"database", "copy",     "--from", "sqlite:" + store.place("kept"),
                                  "--to",     store.url()};
    for (const auto* how : {"--dry-run", "--replace"}) { // the second one is not agreed to
        auto words = copy;
        words.emplace_back(how);
        if (how == std::string("--replace")) {
            auto guest = store.visited.guest("guest");
            check_turn(guest, 1);
        }
        auto done = run_program(words);
        CAPTURE(done.out, done.err);
        CHECK(done.status == (how == std::string("--replace") ? 1 : 0));
        CHECK(done.err.find("sends its clients away") == std::string::npos);
    }
    store.visited.check_neighbour();
}

TEST_CASE("keys that a store was sealed anew with beside a server are the server's when it goes on") {
    temporary_folder folder;
    auto write_keys = [&](const std::string& lines) {
        std::ofstream(folder.file("keys")) << lines;
        ::chmod(folder.file("keys").c_str(), 0600);
    };
    const std::string former = "2025:" + std::string(43, 'A') + "=\n";
    const std::string latter = "2026:" + std::string(42, 'B') + "A=\n";
    write_keys(former);
    std::vector<std::string> with_keys{"--set", "encryption.key-file=" + folder.file("keys"), "--set",
                                       "limits.drain-ms=300"};
    served_store store("sqlite", with_keys);
    write_keys(latter + former);
    program_surroundings around;
    around.variables["REJOINDER_ENCRYPTION_KEY_FILE"] = folder.file("keys");
    CHECK(store.run({"rekey"}, around).status == 0);
    write_keys(latter);
    auto guest = store.visited.visit_when_ready();
    guest.say(hello("guest"));
    CHECK(guest.hear("welcome").value("outcome", "") == "new");
    check_turn(guest, 1);
    CHECK(store.run({"validate"}, around).status == 0);
}

TEST_CASE("only who has the note beside the store is let in, and the note is for its owner's eyes") {
    served_store store("sqlite");
    auto note = store.place() + ".serving";
    struct stat about{};
    REQUIRE(::stat(note.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    auto place = admin::read_serving_note(store.options());
    REQUIRE(place);

    auto status_for = [&](std::vector<std::pair<std::string, std::string>> headers,
                          const std::string& spoken) {
        websocket::client_options options;
        options.url = place->url;
        options.subprotocol = spoken;
        options.headers = std::move(headers);
        unsigned status = 0;
        auto connection = store.visited.connect(std::move(options), status);
        if (connection) store.visited.world.run(connection->cut());
        return status;
    };
    auto mine = "rejoinder.store." + run_program({"version"}).out;
    mine = mine.substr(0, mine.find_first_of(" \n", std::string("rejoinder.store.").size()));
    CHECK(status_for({}, mine) == 401);
    CHECK(status_for({{"Authorization", "Bearer " + place->token.substr(1)}}, mine) == 401);
    CHECK(status_for({{"Authorization", "Bearer " + place->token}, {"Origin", "http://localhost"}}, mine) ==
          401);
    CHECK(status_for({{"Authorization", "Bearer " + place->token}}, "rejoinder.store.0.0") == 400);
}

TEST_CASE("a server's note goes with it, and one that a killed server has left is in nobody's way") {
    temporary_folder folder;
    auto url = "sqlite:" + folder.file("store");
    auto note = folder.file("store.serving");
    {
        auto server = serve(url);
        CHECK(fs::exists(note));
        server->kill();
    }
    CHECK(fs::exists(note));
    CHECK(run_program({"database", "validate", "--database", url}).status == 0);
    {
        auto server = serve(url);
    }
    CHECK_FALSE(fs::exists(note));
}
