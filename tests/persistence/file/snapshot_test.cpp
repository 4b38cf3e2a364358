#include "persistence/file/file_writer.hpp"
#include "persistence/task_group.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/power_loss_disk.hpp"

#include <algorithm>
#include <set>
#include <system_error>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A disk that refuses to make new files of a kind, as one without room for them does.
class refusing_disk final : public file::disk {
public:
    explicit refusing_disk(file::disk& real) : real_(real) {}

    std::atomic<int> refused_snapshots = 0; ///< how many more
    std::atomic<int> refused_journals = 0;

    std::atomic<bool> refuses_lists = false;

    std::vector<std::string> list() override {
        if (refuses_lists) throw std::system_error(std::make_error_code(std::errc::permission_denied));
        return real_.list();
    }
    bool exists(const std::string& name) override { return real_.exists(name); }
    std::unique_ptr<file::output> create(const std::string& name) override {
        auto made = real_.create(name); // the name is there although nothing fits into it
        auto& refused = name.starts_with("snapshot") ? refused_snapshots : refused_journals;
        if (refused > 0) {
            --refused;
            throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
        }
        return made;
    }
    std::unique_ptr<file::output> open(const std::string& name) override { return real_.open(name); }
    std::unique_ptr<file::input> read(const std::string& name) override { return real_.read(name); }
    std::uint64_t size(const std::string& name) override { return real_.size(name); }
    void rename(const std::string& from, const std::string& to) override { real_.rename(from, to); }
    void remove(const std::string& name) override { real_.remove(name); }
    void sync_names() override { real_.sync_names(); }

private:
    file::disk& real_;
};

change_set large(int number) {
    change_set changes;
    changes.writes = {put("k" + std::to_string(number % 4), std::string(1 << 20, 'x'))};
    return changes;
}

/// Five megabytes, more than a journal may have before a snapshot of it is worth its cost.
void grow(file::store& store) {
    for (int number = 0; number < 5; ++number)
        REQUIRE(store.commit(large(number), from_unix(1)).committed());
    store.flush();
}

std::set<std::string> names_in(file::disk& folder) {
    auto names = folder.list();
    return {names.begin(), names.end()};
}

using names = std::set<std::string>;

/// A store with its threads, on a disk that refuses what is wanted.
struct running_store {
    running_store()
        : writer(env, disk, folder.path().string(), std::make_unique<file::store>(disk, "one", notes), {},
                 {}) {}
    ~running_store() {
        env.run(suspend<int>([this](completion<int> ended) { writer.close(std::move(ended)); }));
    }

    void commit(int number) {
        auto submitted = backend::submit_commit(env, large(number), size_bounds(), writer);
        REQUIRE(env.run(std::move(submitted)).committed());
    }

    void let_a_snapshot_fail() {
        disk.refused_snapshots = 1;
        for (int number = 0; disk.refused_snapshots > 0 && number < 100; ++number)
            commit(number);
        REQUIRE(disk.refused_snapshots == 0);
    }

    void grow_until_there_is_a_new_snapshot() {
        // While one is made that will fail, no growth begins another: then it takes a second round.
        bool is_there = false;
        for (int round = 0; !is_there && round < 5; ++round) {
            for (int number = 0; !has_new_snapshot() && number < 10; ++number)
                commit(number);
            is_there = env.pass_time_until([this] { return has_new_snapshot(); });
        }
        CHECK(is_there);
    }

    /// Another one than the first, which is there from the beginning.
    bool has_new_snapshot() {
        return std::ranges::any_of(real->list(), [](const std::string& name) {
            return file::generation_of(file::part::snapshot, name).value_or(1) > 1;
        });
    }

    temporary_folder folder;
    std::unique_ptr<file::disk> real = file::make_system_disk(folder.path().string());
    refusing_disk disk{*real};
    manual_environment env;
    std::vector<std::string> notes;
    file::file_writer writer;
};

} // namespace

TEST_CASE("a store whose snapshot failed is due for another once its journal has grown by as much again") {
    power_loss_disk memory;
    refusing_disk disk(memory);
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    grow(store);
    REQUIRE(store.is_due());
    disk.refused_snapshots = 1;
    auto complete = store.begin_generation();
    CHECK_THROWS_AS(file::store::finish_generation(disk, complete), std::system_error);
    CHECK_FALSE(store.is_due());
    grow(store);
    REQUIRE(store.is_due());
    file::store::finish_generation(disk, store.begin_generation());
    CHECK_FALSE(store.is_due());
    CHECK(disk.exists("snapshot-00000003.ndjson"));
}

TEST_CASE("a snapshot that failed leaves nothing that takes room") {
    power_loss_disk memory;
    refusing_disk disk(memory);
    std::vector<std::string> notes;
    file::store store(disk, "one", notes);
    disk.refused_snapshots = 1;
    auto complete = store.begin_generation();
    CHECK_THROWS_AS(file::store::finish_generation(disk, complete), std::system_error);
    CHECK(names_in(disk) ==
          names{"journal-00000001.ndjson", "journal-00000002.ndjson", "snapshot-00000001.ndjson"});
}

TEST_CASE("after a snapshot that failed one damaged snapshot still loses nothing") {
    power_loss_disk memory;
    refusing_disk disk(memory);
    std::vector<std::string> notes;
    {
        file::store store(disk, "one", notes);
        grow(store);
        disk.refused_snapshots = 1;
        auto complete = store.begin_generation();
        CHECK_THROWS_AS(file::store::finish_generation(disk, complete), std::system_error);
        file::store::finish_generation(disk, store.begin_generation());
    }
    memory.bytes_of("snapshot-00000003.ndjson")[100] ^= 1;
    file::store store(disk, "two", notes);
    CHECK(store.incarnation() == "one");
    CHECK(store.commits() == 5);
}

TEST_CASE("a generation that cannot be begun leaves the store in the one that it has") {
    power_loss_disk memory;
    refusing_disk disk(memory);
    std::vector<std::string> notes;
    {
        file::store store(disk, "one", notes);
        grow(store);
        disk.refused_journals = 1;
        CHECK_THROWS_AS(store.begin_generation(), std::system_error);
        CHECK(names_in(disk) == names{"journal-00000001.ndjson", "snapshot-00000001.ndjson"});
        CHECK_FALSE(store.is_due());
        grow(store);
        CHECK(store.is_due());
    }
    file::store store(disk, "two", notes);
    CHECK(store.commits() == 10);
}

TEST_CASE("a store without its latest snapshot opens where there is no room for another") {
    power_loss_disk memory;
    refusing_disk disk(memory);
    std::vector<std::string> notes;
    {
        file::store store(disk, "one", notes);
        grow(store);
        store.begin_generation(); // the process ends before its snapshot
    }
    auto before = names_in(disk);
    (GENERATE(true, false) ? disk.refused_snapshots : disk.refused_journals) = 1;
    {
        file::store store(disk, "two", notes);
        REQUIRE(notes.size() == 1);
        CHECK(notes[0].starts_with("no snapshot could be made"));
        CHECK(store.commits() == 5);
        CHECK(names_in(disk) == before);
        grow(store);
    }
    file::store store(disk, "two", notes);
    CHECK(store.commits() == 10);
    CHECK(disk.exists("snapshot-00000003.ndjson"));
}

TEST_CASE("however often a process is killed before a snapshot is made, what it leaves does not pile up") {
    power_loss_disk disk;
    std::vector<std::string> notes;
    for (int time = 0; time < 5; ++time) {
        file::store store(disk, "one", notes);
        file::store::tidy(disk);
        REQUIRE(store.commit(large(time), from_unix(1)).committed());
        store.flush();
        auto next = store.begin_generation() + 1;
        disk.create(file::name_of(file::part::snapshot, next) + ".new")->append("half");
    }
    file::store store(disk, "one", notes);
    file::store::tidy(disk);
    CHECK(store.commits() == 5);
    auto left = names_in(disk);
    CHECK(std::ranges::count_if(left, [](const auto& name) { return name.starts_with("snapshot"); }) == 2);
    CHECK(std::ranges::count_if(left, [](const auto& name) { return name.starts_with("journal"); }) == 3);
}

TEST_CASE("a running store makes the snapshot that failed when there is room again and it has grown") {
    running_store store;
    store.let_a_snapshot_fail();
    store.grow_until_there_is_a_new_snapshot();
    CHECK(store.writer.health() == store_health::usable);
}

TEST_CASE("a folder that cannot be listed keeps a store from making snapshots and from nothing else") {
    running_store store;
    store.let_a_snapshot_fail();
    store.disk.refuses_lists = true;
    for (int number = 0; number < 10; ++number)
        store.commit(number);
    store.disk.refuses_lists = false;
    store.grow_until_there_is_a_new_snapshot();
}
