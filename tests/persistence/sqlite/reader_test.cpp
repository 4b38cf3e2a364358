#include "persistence/sqlite/reader.hpp"

#include "persistence/sqlite/store_file.hpp"
#include "tests/persistence/contract/contract_store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
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
    bool closed = false;

    explicit reading(std::size_t threads = 1)
        : reader(folder.file("store.db"), {.reads = 1000, .readers = threads}) {}
    ~reading() {
        if (!closed) env.run(close());
    }

    template <class Query>
    task<> ask(Query query, std::vector<result<record>>* answers) {
        auto answer = co_await suspend<result<record>>(
            [this, query = std::move(query)](completion<result<record>> done) mutable {
                reader.submit(
                    backend::make_pending_read<sqlite::queries, record>(std::move(query), std::move(done)));
            });
        answers->push_back(std::move(answer));
    }

    task<> close() {
        closed = true;
        return [](reading* self) -> task<> {
            co_await suspend<int>([self](completion<int> ended) { self->reader.close(std::move(ended)); });
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

void fail_test(std::exception_ptr problem) {
    std::rethrow_exception(problem);
}

/// Two reads that each end only when the other has begun.
struct meeting {
    auto query(std::promise<void>& own, std::promise<void>& others) {
        return [&own, met = others.get_future().share()](sqlite::queries&) -> result<record> {
            own.set_value();
            if (met.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return errc::unavailable;
            return record();
        };
    }
    std::promise<void> first;
    std::promise<void> second;
};

/// A read that says when it has begun and ends when it is told to.
struct long_read {
    auto query() {
        return [this, over = released.get_future().share()](sqlite::queries&) -> result<record> {
            begun.set_value();
            over.wait();
            has_ended = true;
            return record();
        };
    }
    std::promise<void> begun;
    std::promise<void> released;
    std::atomic<bool> has_ended = false;
};

task<> ask_again_and_again(reading* at, const std::atomic<bool>* enough,
                           std::vector<result<record>>* answers) {
    while (!*enough) {
        auto asking = at->ask(read_nothing, answers);
        co_await std::move(asking);
    }
}

/// Reads a record that stands at `least` or above by now.
task<> read_at_least(database* db, int least, int* behind) {
    auto reading = db->read(id_of("counter"));
    auto found = co_await std::move(reading);
    if (!found || std::stoi(found->value) < least) ++*behind;
}

task<> walk_until(database* db, const bool* enough) {
    while (!*enough) {
        auto walking = db->walk_records(std::nullopt, 1000);
        co_await std::move(walking);
    }
}

/// Asks for what was committed as soon as that is reported.
task<> write_and_read(contract_store* store, task_group* reads, int* behind, bool* enough) {
    for (int number = 1; number <= 200; ++number) {
        change_set changes;
        changes.writes = {put("counter", std::to_string(number))};
        auto committing = store->db->commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (!outcome.committed()) throw std::runtime_error(outcome.error.message());
        for (int i = 0; i < 5; ++i)
            reads->spawn(read_at_least(store->db.get(), number, behind));
    }
    *enough = true;
}

} // namespace

TEST_CASE("a read that runs out of memory is unavailable, and those beside and behind it are answered") {
    reading at;
    REQUIRE(at.store);
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
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
    task_group tasks(at.env.get_executor(), fail_test);
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

TEST_CASE("answers that the session's thread does not take wait in bounded memory, and all come in the end") {
    reading r;
    std::atomic<int> made{0};
    std::atomic<int> most{0}; // made and not taken
    std::promise<void> full;
    std::vector<result<record>> answers;
    std::atomic<int> taken{0};
    auto answer = [&](sqlite::queries& on) {
        auto now = ++made;
        if (now == 16) full.set_value(); // fifteen fill the room, and the thread has one in its hands
        most = std::max(most.load(), now - taken.load());
        return answer_large(on);
    };
    auto ask = [&]() -> task<> {
        co_await r.ask(answer, &answers);
        answers.back() = errc::not_found; // its text was seen
        ++taken;
    };
    task_group tasks(r.env.get_executor(), fail_test);
    for (int i = 0; i < 40; ++i)
        tasks.spawn(ask());
    r.env.run_ready();
    r.reader.start();
    REQUIRE(full.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    r.env.run(tasks.join());
    CHECK(answers.size() == 40);
    CHECK(most <= 17); // one more has left the room and is counted as taken a moment later
}

TEST_CASE("a reader that goes does not wait for answers to be taken") {
    reading r;
    r.reader.start();
    auto other =
        std::make_unique<sqlite::reader>(r.folder.file("store.db"), queue_bounds{.reads = 100, .readers = 1});
    other->start();
    std::atomic<int> made{0};
    std::promise<void> full;
    auto answer = [&](sqlite::queries& on) {
        if (++made == 16) full.set_value();
        return answer_large(on);
    };
    int answered = 0;
    auto ask = [&]() -> task<> {
        auto found = co_await suspend<result<record>>([&](completion<result<record>> done) {
            other->submit(backend::make_pending_read<sqlite::queries, record>(answer, std::move(done)));
        });
        answered += found ? 1 : 0;
    };
    task_group tasks(r.env.get_executor(), fail_test);
    for (int i = 0; i < 20; ++i)
        tasks.spawn(ask());
    r.env.run_ready();
    REQUIRE(full.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    other.reset();
    r.env.run(tasks.join());
    CHECK(answered == 20);
}

TEST_CASE("two slow reads do not wait for each other") {
    reading at(2);
    REQUIRE(at.store);
    at.reader.start();
    meeting two;
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
    tasks.spawn(at.ask(two.query(two.first, two.second), &answers));
    tasks.spawn(at.ask(two.query(two.second, two.first), &answers));
    at.env.run(tasks.join());
    REQUIRE(answers.size() == 2);
    CHECK(answers[0]);
    CHECK(answers[1]);
}

TEST_CASE("a read that takes long does not hold up what is asked behind it") {
    reading at(2);
    REQUIRE(at.store);
    at.reader.start();
    long_read slow;
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
    tasks.spawn(at.ask(slow.query(), &answers));
    at.env.run_ready();
    for (int i = 0; i < 100; ++i)
        at.env.run(at.ask(read_nothing, &answers));
    CHECK(answers.size() == 100);
    slow.released.set_value();
    at.env.run(tasks.join());
    CHECK(answers.size() == 101);
}

TEST_CASE("a read sees what was committed before it, whichever thread answers it") {
    contract_store store(database_type::sqlite);
    REQUIRE(store.commit(put("counter", "0")).committed());
    int behind = 0;
    bool enough = false;
    task_group tasks(store.env.get_executor(), fail_test);
    tasks.spawn(walk_until(store.db.get(), &enough)); // so that the threads take turns
    tasks.spawn(write_and_read(&store, &tasks, &behind, &enough));
    store.env.run(tasks.join());
    CHECK(behind == 0);
}

TEST_CASE("work that needs the file alone waits for what is being read, and reads wait for the work") {
    reading at(2);
    REQUIRE(at.store);
    at.reader.start();
    long_read slow;
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
    tasks.spawn(at.ask(slow.query(), &answers));
    at.env.run_ready();
    slow.begun.get_future().wait();
    bool was_alone = false;
    auto working = std::async(std::launch::async, [&] {
        return at.reader.reopen_around([&] { was_alone = slow.has_ended; }); //
    });
    for (int i = 0; i < 30; ++i)
        tasks.spawn(at.ask(read_nothing, &answers));
    at.env.run_ready();
    slow.released.set_value();
    CHECK(working.get());
    CHECK(was_alone);
    at.env.run(tasks.join());
    CHECK(answers.size() == 31);
    CHECK(std::ranges::count_if(answers, [](const auto& each) { return each.has_value(); }) == 1);
}

TEST_CASE("steady reads do not keep away the work that needs the file alone") {
    reading at(2);
    REQUIRE(at.store);
    at.reader.start();
    std::atomic<bool> enough = false;
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
    for (int i = 0; i < 8; ++i)
        tasks.spawn(ask_again_and_again(&at, &enough, &answers));
    auto working = std::async(std::launch::async, [&] {
        int done = 0;
        for (int round = 0; round < 50; ++round)
            if (at.reader.reopen_around([] {})) ++done;
        enough = true;
        return done;
    });
    at.env.run(tasks.join());
    CHECK(working.get() == 50);
    CHECK(std::ranges::all_of(answers, [](const auto& each) { return each.error() == errc::not_found; }));
}

TEST_CASE("after work that failed nothing is read until it has worked, and then by every thread") {
    reading at(3);
    REQUIRE(at.store);
    at.reader.start();
    std::vector<result<record>> answers;
    auto ask_many = [&] {
        answers.clear();
        task_group tasks(at.env.get_executor(), fail_test);
        for (int i = 0; i < 30; ++i)
            tasks.spawn(at.ask(read_nothing, &answers));
        at.env.run(tasks.join());
    };
    auto all_are = [&](errc what) {
        return std::ranges::all_of(answers, [what](const auto& each) { return each.error() == what; });
    };
    ask_many();
    CHECK(all_are(errc::not_found));
    CHECK_FALSE(at.reader.reopen_around([] { throw sqlite::failure(SQLITE_IOERR, "it fails"); }));
    ask_many();
    CHECK(all_are(errc::unavailable));
    CHECK(at.reader.reopen_around([] {}));
    ask_many();
    CHECK(all_are(errc::not_found));
}

TEST_CASE("the end waits for every read that was asked for") {
    reading at(2);
    REQUIRE(at.store);
    at.reader.start();
    long_read slow;
    std::vector<result<record>> answers;
    task_group tasks(at.env.get_executor(), fail_test);
    tasks.spawn(at.ask(slow.query(), &answers));
    for (int i = 0; i < 10; ++i)
        tasks.spawn(at.ask(read_nothing, &answers));
    at.env.run_ready();
    bool has_ended = false;
    auto ended = [](reading* at, bool* flag) -> task<> {
        auto closing = at->close();
        co_await std::move(closing);
        *flag = true;
    };
    tasks.spawn(ended(&at, &has_ended));
    at.env.run_ready();
    CHECK_FALSE(has_ended);
    slow.released.set_value();
    at.env.run(tasks.join());
    CHECK(has_ended);
    CHECK(answers.size() == 11);
    at.env.run(at.ask(read_nothing, &answers));
    CHECK(answers.back().error() == errc::closed);
}
