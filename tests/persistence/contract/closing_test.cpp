#include "tests/persistence/contract/kept_store.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

namespace fs = std::filesystem;

constexpr auto not_ended = errc::unknown_outcome;

task<> back_up_to(database* db, std::string place, error_code* ended) {
    auto copying = db->back_up(std::move(place));
    *ended = co_await std::move(copying);
}

task<> compact_to(database* db, error_code* ended) {
    auto compacting = db->compact();
    *ended = co_await std::move(compacting);
}

void fail_test(std::exception_ptr problem) {
    std::rethrow_exception(problem);
}

/// A store with so much in it that going through it takes a while.
struct full_store : kept_store {
    full_store(database_type type, const temporary_folder& folder)
        : kept_store(type, folder.file("store")), type_(type) {
        REQUIRE_FALSE(open());
        for (int number = 0; number < 8; ++number)
            REQUIRE_FALSE(write("k" + std::to_string(number), long_value(max_value_size, number)));
    }

    /// Closes it while something is under way, and opens it again.
    void end(task_group& under_way) {
        env.run(db->close());
        env.run(under_way.join());
        db.reset();
        REQUIRE_FALSE(open());
        check();
    }

    /// A copy that was reported is whole; one that was not is not there, not even a part of it.
    void check_copy(const fs::path& place, error_code ended) {
        INFO("the copy ended with: " << ended.message());
        CHECK((!ended || ended == errc::closed));
        CHECK(fs::exists(place) == !ended);
        if (ended) return;
        kept_store copy(type_, place.string());
        copy.possible = possible;
        REQUIRE_FALSE(copy.open());
        copy.check();
    }

private:
    database_type type_;
};

} // namespace

TEST_CASE("a store that is closed while copies are made ends each whole or not at all") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    auto reads = GENERATE(0, 3, 50); // answered before the end comes, so that it comes at another moment
    CAPTURE(to_string(type), reads);
    temporary_folder folder;
    temporary_folder elsewhere;
    full_store store(type, folder);
    std::array<error_code, 2> ended{not_ended, not_ended};
    task_group tasks(store.env.get_executor(), fail_test);
    for (std::size_t i = 0; i < ended.size(); ++i)
        tasks.spawn(back_up_to(store.db.get(), elsewhere.file(std::to_string(i)), &ended[i]));
    store.env.run_ready();
    for (int read = 0; read < reads; ++read)
        CHECK(store.env.run(store.db->read(id_of("k0"))));
    store.end(tasks);

    auto left = std::distance(fs::directory_iterator(elsewhere.path()), fs::directory_iterator());
    CHECK(left == std::ranges::count(ended, error_code()));
    for (std::size_t i = 0; i < ended.size(); ++i)
        store.check_copy(elsewhere.file(std::to_string(i)), ended[i]);
}

TEST_CASE("a store that is closed while it is copied and compacted answers both, and has everything") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    CAPTURE(to_string(type));
    temporary_folder folder;
    temporary_folder elsewhere;
    full_store store(type, folder);
    error_code copied = not_ended;
    error_code compacted = not_ended;
    task_group tasks(store.env.get_executor(), fail_test);
    tasks.spawn(back_up_to(store.db.get(), elsewhere.file("copy"), &copied));
    tasks.spawn(compact_to(store.db.get(), &compacted));
    store.env.run_ready();
    store.end(tasks);
    store.check_copy(elsewhere.file("copy"), copied);
    CHECK((!compacted || compacted == errc::unavailable)); // as it is beside a copy
}
