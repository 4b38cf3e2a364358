#include "persistence/sqlite/reader.hpp"

#include "persistence/sqlite/store_file.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <future>
#include <new>

using namespace rejoinder;
using namespace rejoinder::persistence;
using namespace rejoinder::tests;

namespace {

/// A reader of an empty store, whose queries are the test's own.
struct reading {
    temporary_folder folder;
    manual_environment env;
    std::string why;
    result<sqlite::store_file> store = sqlite::open_store_file(env, folder.file("store.db"), why);
    sqlite::reader reader;

    explicit reading(std::size_t threads = 1)
        : reader(env.get_executor(), folder.file("store.db"), 1000, threads) {}
    ~reading() { env.run(close()); }

    template <class Query>
    task<> ask(Query query, std::vector<result<record>>* answers) {
        auto answer = co_await suspend<result<record>>(
            env.get_executor(), [this, query = std::move(query)](completion<result<record>> done) mutable {
                reader.submit(
                    backend::make_pending_read<sqlite::queries, record>(std::move(query), std::move(done)));
            });
        answers->push_back(std::move(answer));
    }

    task<> close() {
        return [](reading* self) -> task<> {
            co_await suspend<int>(self->env.get_executor(),
                                  [self](completion<int> ended) { self->reader.close(std::move(ended)); });
        }(this);
    }
};

result<record> throw_out_of_memory(sqlite::queries&) {
    throw std::bad_alloc();
}

result<record> read_nothing(sqlite::queries& on) {
    return on.read({"note", {}, "nothing"}, from_unix(0));
}

result<record> answer_small(sqlite::queries&) {
    record found;
    found.value = "1";
    return found;
}

result<record> answer_large(sqlite::queries&) {
    record found;
    found.value.assign(4 << 20, 'x');
    return found;
}

} // namespace

TEST_CASE("a read that runs out of memory is unavailable, and those beside and behind it are answered") {
    reading at;
    REQUIRE(at.store);
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    tasks.spawn(at.ask(answer_small, &answers));
    tasks.spawn(at.ask(throw_out_of_memory, &answers));
    tasks.spawn(at.ask(answer_small, &answers));
    at.env.run_ready();
    at.reader.start();
    at.env.run(tasks.join());
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]);
    CHECK(answers[1].error() == errc::unavailable);
    CHECK(answers[2]);
    at.env.run(at.ask(answer_small, &answers));
    CHECK(answers.back());
}

TEST_CASE("small answers come back together, large ones one by one") {
    reading at;
    REQUIRE(at.store);
    auto [query, posts] = GENERATE(std::pair(&answer_small, 1), std::pair(&answer_large, 3));
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < 3; ++i)
        tasks.spawn(at.ask(query, &answers));
    at.env.run_ready();
    at.reader.start();
    int counted = 0;
    for (; answers.size() < 3 && counted < 10; ++counted) {
        at.env.context().restart();
        REQUIRE(at.env.context().run_one_for(std::chrono::seconds(20)) == 1);
    }
    CHECK(counted == posts);
    at.env.run(tasks.join());
}

TEST_CASE("a read that takes long does not hold up those behind it") {
    reading at(2);
    REQUIRE(at.store);
    std::promise<void> released;
    auto long_one = [until = released.get_future().share()](sqlite::queries&) -> result<record> {
        until.wait();
        return record();
    };
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    at.reader.start();
    tasks.spawn(at.ask(long_one, &answers));
    at.env.run_ready();
    at.env.run(at.ask(answer_small, &answers));
    CHECK(answers.size() == 1);
    released.set_value();
    at.env.run(tasks.join());
    CHECK(answers.size() == 2);
}

TEST_CASE("the work that needs the file alone waits for every reader, and all of them read again after it") {
    reading at(3);
    REQUIRE(at.store);
    at.reader.start();
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 30; ++i)
            tasks.spawn(at.ask(read_nothing, &answers));
        at.env.run_ready();
        bool alone = false;
        CHECK(at.reader.reopen_around([&] { alone = true; }));
        CHECK(alone);
    }
    at.env.run(tasks.join());
    CHECK_FALSE(at.reader.reopen_around([] { throw sqlite::failure(SQLITE_IOERR, "it fails"); }));
    CHECK(answers.size() == 600);
    CHECK(std::ranges::all_of(answers, [](const auto& each) { return each.error() == errc::not_found; }));
    at.env.run(at.ask(read_nothing, &answers));
    CHECK(answers.back().error() == errc::unavailable);
    CHECK(at.reader.reopen_around([] {}));
    at.env.run(at.ask(read_nothing, &answers));
    CHECK(answers.back().error() == errc::not_found);
}
