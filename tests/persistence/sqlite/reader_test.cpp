#include "persistence/sqlite/reader.hpp"

#include "persistence/sqlite/store_file.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/temporary_folder.hpp"

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
    sqlite::reader reader{env.get_executor(), folder.file("store.db"), 100};

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
