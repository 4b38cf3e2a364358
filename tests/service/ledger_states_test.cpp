#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/service/ledger_desk.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace rejoinder;
using namespace rejoinder::service;
using tests::raw_file;

namespace {

/// A session of a file of SQLite, which hears something and answers.
struct talking_desk : tests::ledger_desk {
    explicit talking_desk(const std::string& path) : ledger_desk(file(path)), raw(path) {}
    ~talking_desk() { env.run(database.close()); }

    static persistence::database_options file(const std::string& path) {
        persistence::database_options options;
        options.type = persistence::database_type::sqlite;
        options.location = path;
        return options;
    }

    /// One whose log has its greeting.
    ledger greeted() {
        auto book = unborn();
        auto next = book.make_draft_for_result();
        next->take(take_turn(machine, {}, {}, {next->now, 1, json::object()}, 0));
        REQUIRE(commit(book, std::move(next)).committed());
        return book;
    }

    void hear(ledger& book, const std::string& text) {
        auto next = book.make_draft_for_result();
        happening what{turn_id{"t-" + text}, statemachine::event{"turn.text", {{"text", text}}}, text,
                       next->now};
        statemachine::step_inputs inputs{next->now, 7, json::object()};
        next->take(take_turn(machine, book.state(), what, inputs, book.row().head));
        next->record_turn({what.turn, device, book.highest_number(device) + 1, "digest of " + text}, "done",
                          json::object());
        REQUIRE(commit(book, std::move(next)).committed());
    }

    bool stored_without_messages() {
        return raw.single("select state from session").find(R"("messages":[])") != std::string::npos;
    }

    raw_file raw;
};

} // namespace

TEST_CASE("a state goes to SQLite without what the session's log says, and is whole when it is loaded") {
    tests::temporary_folder folder;
    talking_desk d(folder.file("store.db"));
    auto book = d.greeted();
    for (int i = 1; i <= 20; ++i) {
        d.hear(book, "word " + std::to_string(i));
        INFO(i);
        CHECK(d.stored_without_messages());
        CHECK(serialise(d.loaded().state()) == serialise(book.state()));
    }
    CHECK(book.state().talk.window().back().text.find("word 20") != std::string::npos);
}

TEST_CASE(
    "what a loaded session knows of is stored with its state until its own turns have taken its place") {
    tests::temporary_folder folder;
    talking_desk d(folder.file("store.db"));
    auto first = d.greeted();
    for (int i = 1; i <= 3; ++i)
        d.hear(first, "before " + std::to_string(i));
    auto book = d.loaded();
    int turns = 0;
    do {
        d.hear(book, "after " + std::to_string(++turns));
        CHECK(serialise(d.loaded().state()) == serialise(book.state()));
    } while (!d.stored_without_messages() && turns < 20);
    CHECK(turns > 1);
    CHECK(turns < 20);
}

TEST_CASE("a state is stored whole where the log lets go of what was said") {
    tests::temporary_folder folder;
    talking_desk d(folder.file("store.db"));
    d.limits.log.events = 4;
    auto book = d.greeted();
    bool once_whole = false;
    for (int i = 1; i <= 12; ++i) {
        d.hear(book, "word " + std::to_string(i));
        once_whole = once_whole || !d.stored_without_messages();
        CHECK(serialise(d.loaded().state()) == serialise(book.state()));
    }
    CHECK(once_whole);
}

TEST_CASE("a session's bytes count what its stored state is without") {
    tests::temporary_folder folder;
    talking_desk d(folder.file("store.db"));
    auto book = d.greeted();
    d.hear(book, "word");
    REQUIRE(d.stored_without_messages());
    CHECK(book.stored_bytes() == serialise(book.state()).size() + serialise(book.devices()).size());
}
