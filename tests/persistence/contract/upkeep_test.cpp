#include "tests/persistence/contract/contract_store.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

namespace fs = std::filesystem;

/// The files of a folder in which some text is, wherever in them.
std::vector<std::string> files_with(const fs::path& folder, const std::string& text) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && bytes_of(entry.path()).find(text) != std::string::npos)
            found.push_back(entry.path().filename());
    return found;
}

bool has_files(database_type type) {
    return type == database_type::file || type == database_type::sqlite;
}

mode_t permissions(const std::string& of) {
    struct stat about{};
    REQUIRE(::stat(of.c_str(), &about) == 0);
    return about.st_mode & 0777;
}

error_code compact(contract_store& store) {
    return store.env.run(store.db->compact());
}

error_code back_up(contract_store& store, const std::string& place) {
    return store.env.run(store.db->back_up(place));
}

std::uint64_t size(contract_store& store) {
    auto bytes = store.env.run(store.db->size());
    REQUIRE(bytes);
    return *bytes;
}

/// Opens a copy and closes it at the end.
struct opened_copy {
    opened_copy(database_type type, const std::string& place) {
        std::string why;
        auto opened = open_database(env, {type, place}, why);
        INFO(why);
        REQUIRE(opened);
        db = std::move(*opened);
    }
    ~opened_copy() { env.run(db->close()); }

    std::string value(const std::string& key) {
        auto found = env.run(db->read(id_of(key)));
        return found ? found->value : std::string();
    }

    manual_environment env;
    std::unique_ptr<database> db;
};

/// Moves two records on together until nobody wants it any more.
task<> move_on(database& db, const bool& wanted, int& count) {
    while (wanted) {
        change_set changes;
        changes.writes = {put("left", std::to_string(count)), put("right", std::to_string(count))};
        auto committing = db.commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (!outcome.committed()) throw std::runtime_error(outcome.error.message());
        ++count;
    }
}

task<> back_up_to(database& db, std::string place, bool& running, error_code& ended) {
    auto copying = db.back_up(std::move(place));
    ended = co_await std::move(copying);
    running = false;
}

/// A value that no server can make smaller.
std::string noise(std::size_t length) {
    std::mt19937 random(1);
    std::uniform_int_distribution letter(' ', '~');
    std::string text(length, ' ');
    for (auto& each : text)
        each = static_cast<char>(letter(random));
    return text;
}

const std::string erased_text = "nobody-may-find-this-again";

} // namespace

TEST_CASE("a store on a disk takes room there, and gives back what was removed when it is compacted") {
    contract_store store(EVERY_DATABASE_TYPE);
    auto empty = size(store);
    for (int i = 0; i < 8; ++i)
        REQUIRE(store.commit(put("k" + std::to_string(i), noise(max_value_size))).committed());
    if (store.db->type() == database_type::memory) {
        CHECK(size(store) == 0);
        return;
    }
    CHECK(empty > 0);
    CHECK(size(store) >= empty + 8 * max_value_size);
    for (int i = 0; i < 8; ++i)
        REQUIRE(store.commit(drop("k" + std::to_string(i))).committed());
    REQUIRE_FALSE(compact(store));
    CHECK(size(store) < empty + max_value_size);
}

TEST_CASE("after a compaction nothing that was removed is in any file, and everything else is there") {
    contract_store store(EVERY_DATABASE_TYPE);
    REQUIRE(store.commit(put("kept", R"("kept")")).committed());
    REQUIRE(store.commit(put("erased", '"' + erased_text + '"')).committed());
    REQUIRE(store.commit(put("changed", '"' + erased_text + '"')).committed());
    auto expiring = put("expired", '"' + erased_text + '"');
    expiring.expires = store.env.utc_now() + seconds(1);
    REQUIRE(store.commit(expiring).committed());
    auto session = new_session("s1");
    session.row.state = '"' + erased_text + '"';
    REQUIRE(store.commit(session).committed());
    auto row = *store.session("s1");
    REQUIRE(store.commit(turn_of(row, "t1", 1, "[\"" + erased_text + "\"]")).committed());
    REQUIRE(store.commit(new_session("s2")).committed());
    store.reopen(); // so that it is in more files than one
    REQUIRE(store.commit(put("kept2", R"("kept")")).committed());

    change_set changes;
    changes.writes = {drop("erased"), put("changed", "1")};
    changes.removals = {{{"s1"}, row.revision}};
    REQUIRE(store.commit(changes).committed());
    REQUIRE(store.env.run(store.db->purge(*expiring.expires, 100))->records == 1);
    if (store.db->type() == database_type::memory) {
        CHECK_FALSE(compact(store));
        return;
    }
    auto folder = fs::path(store.location()).parent_path(); // a server's files are not the store's
    bool is_readable = has_files(store.db->type()) && !store.is_sealed();
    CHECK(files_with(folder, erased_text).empty() != is_readable);
    REQUIRE_FALSE(compact(store));
    CHECK(files_with(folder, erased_text) == std::vector<std::string>());

    REQUIRE(store.commit(put("after", "1")).committed());
    store.reopen();
    CHECK(store.read(id_of("kept"))->value == R"("kept")");
    CHECK(store.read(id_of("kept2")));
    CHECK(store.read(id_of("after")));
    CHECK(store.read(id_of("changed"))->revision == revision{2});
    CHECK(store.session("s2"));
    CHECK(files_with(folder, erased_text) == std::vector<std::string>());
}

TEST_CASE("what was put aside beside a store goes with a compaction") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    contract_store store(type);
    auto aside = type == database_type::file ? store.location() + "/damaged-1-journal-00000001.ndjson"
                                             : store.location() + ".before-2";
    write_bytes(aside, erased_text);
    CHECK(size(store) > erased_text.size());
    REQUIRE_FALSE(compact(store));
    CHECK_FALSE(fs::exists(aside));
}

TEST_CASE("commits and reads that come during a compaction are carried out") {
    contract_store store(GENERATE(filter([](database_type each) { return each != database_type::memory; },
                                         from_range(every_backend()))));
    for (int i = 0; i < 8; ++i)
        REQUIRE(store.commit(put("k" + std::to_string(i), std::string(1 << 16, 'x'))).committed());
    bool wanted = true;
    int count = 0;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(move_on(*store.db, wanted, count));
    for (int time = 0; time < 2; ++time)
        CHECK_FALSE(compact(store));
    CHECK(store.read(id_of("k0")));
    wanted = false;
    store.env.run(tasks.join());
    store.reopen();
    CHECK(store.read(id_of("left"))->value == std::to_string(count - 1));
    CHECK(store.read(id_of("k7")));
}

TEST_CASE("a copy is a store of one moment, made while commits go on") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    contract_store store(type);
    temporary_folder elsewhere;
    auto place = elsewhere.file("copy");
    for (int i = 0; i < 8; ++i)
        REQUIRE(store.commit(put("k" + std::to_string(i), std::string(max_value_size, 'x'))).committed());
    REQUIRE(store.commit(put("left", "0")).committed());
    REQUIRE(store.commit(put("right", "0")).committed());
    bool running = true;
    int count = 0;
    error_code ended = errc::unavailable;
    {
        task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        tasks.spawn(move_on(*store.db, running, count));
        tasks.spawn(back_up_to(*store.db, place, running, ended));
        store.env.run(tasks.join());
    }
    REQUIRE_FALSE(ended);
    CHECK(count > 0);
    CHECK(permissions(place) == (type == database_type::file ? 0700 : 0600));
    CHECK(std::distance(fs::directory_iterator(elsewhere.path()), fs::directory_iterator()) == 1);

    opened_copy copy(type, place);
    CHECK(copy.db->incarnation() == store.db->incarnation());
    CHECK(copy.value("k7").size() == max_value_size);
    CHECK(copy.value("left") == copy.value("right"));
    CHECK(copy.env.run(copy.db->read(id_of("k0")))->revision == revision{1});
    change_set changes;
    changes.writes = {put("k0", "1", write_mode::if_revision, {1})};
    auto answer = copy.env.run(copy.db->commit(std::move(changes)));
    CHECK(answer.committed()); // it is a store like others
}

TEST_CASE("a place that is taken stays as it is") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    contract_store store(type);
    temporary_folder elsewhere;
    auto place = elsewhere.file("notes");
    write_bytes(place, "mine");
    CHECK(back_up(store, place) == errc::unwritable);
    CHECK(bytes_of(place) == "mine");
    CHECK(back_up(store, elsewhere.file("missing/copy")) == errc::unwritable);
    CHECK(std::distance(fs::directory_iterator(elsewhere.path()), fs::directory_iterator()) == 1);
    CHECK_FALSE(back_up(store, elsewhere.file("copy") + "/")); // as people write folders
    CHECK(fs::exists(elsewhere.file("copy")));
}

TEST_CASE("a store without files of its own cannot be copied") {
    contract_store store(
        GENERATE(filter([](database_type each) { return !has_files(each); }, from_range(every_backend()))));
    CHECK(back_up(store, "/nowhere") == errc::unsupported);
}

TEST_CASE("several copies and compactions that are asked for at once are all answered") {
    contract_store store(EVERY_DATABASE_TYPE);
    temporary_folder elsewhere;
    bool running = true;
    std::vector<error_code> ended(4, errc::unknown_outcome);
    {
        task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
        for (std::size_t i = 0; i < ended.size(); ++i)
            tasks.spawn(back_up_to(*store.db, elsewhere.file(std::to_string(i)), running, ended[i]));
        auto compacted = compact(store);
        CHECK((!compacted || compacted == errc::unavailable));
        store.env.run(tasks.join());
    }
    for (const auto& each : ended)
        CHECK(each == (has_files(store.db->type()) ? error_code() : error_code(errc::unsupported)));
}

TEST_CASE("there is no upkeep after the end") {
    contract_store store(EVERY_DATABASE_TYPE);
    store.env.run(store.db->close());
    store.closed_already();
    CHECK(store.env.run(store.db->size()).error() == errc::closed);
    CHECK(compact(store) == errc::closed);
    CHECK(back_up(store, "/nowhere") == errc::closed);
}
