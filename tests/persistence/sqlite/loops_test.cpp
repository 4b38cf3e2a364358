#include "persistence/database.hpp"
#include "persistence/task_group.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/further_loop.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::persistence;
using namespace rejoinder::tests;

namespace {

constexpr int writers = 16;
constexpr int rounds = 25;

/// What the coroutines of one loop have seen.
struct tally {
    int committed = 0;
    int read_back = 0;
    int on_other_threads = 0;
};

record_id counter(const std::string& name) {
    return {"note", {}, name};
}

/// Counts a record up, one commit after the other, and reads each of them.
task<> count_up(database* store, std::string name, tally* seen) {
    auto home = std::this_thread::get_id();
    revision last;
    for (int round = 0; round < rounds; ++round) {
        change_set changes;
        record_write write;
        write.id = counter(name);
        write.mode = round == 0 ? write_mode::create_only : write_mode::if_revision;
        write.expected = last;
        write.value = std::to_string(round);
        changes.writes.push_back(std::move(write));
        auto committing = store->commit(std::move(changes));
        auto outcome = co_await std::move(committing);
        if (std::this_thread::get_id() != home) ++seen->on_other_threads;
        if (outcome.committed()) ++seen->committed;
        auto reading = store->read(counter(name));
        auto found = co_await std::move(reading);
        if (std::this_thread::get_id() != home) ++seen->on_other_threads;
        if (!found) continue;
        last = found->revision;
        if (found->value == std::to_string(round)) ++seen->read_back;
    }
}

task<tally> count_all(database* store, executor here, std::string loop) {
    tally seen;
    task_group tasks(here, [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < writers; ++i)
        tasks.spawn(count_up(store, loop + "-" + std::to_string(i), &seen));
    co_await tasks.join();
    co_return seen;
}

} // namespace

TEST_CASE("commits and reads of several loops that share a transaction come back to the loop of each") {
    real_environment here;
    temporary_folder folder;
    database_options options;
    options.type = database_type::sqlite;
    options.location = folder.file("store.db");
    std::string why;
    auto store = *open_database(here.env(), options, why);
    std::vector<std::unique_ptr<further_loop>> others;
    for (int i = 0; i < 3; ++i)
        others.push_back(std::make_unique<further_loop>());

    std::vector<tally> seen(others.size() + 1);
    task_group tasks(here.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    struct on_loop {
        static task<> run(database* of, executor loop, std::string name, tally* into) {
            auto counting = run_on<tally>(loop, [of, loop, name] { return count_all(of, loop, name); });
            *into = co_await std::move(counting);
        }
    };
    tasks.spawn(on_loop::run(store.get(), here.env().get_executor(), "here", &seen[0]));
    for (std::size_t i = 0; i < others.size(); ++i)
        tasks.spawn(
            on_loop::run(store.get(), others[i]->get_executor(), "there" + std::to_string(i), &seen[i + 1]));
    here.run(tasks.join());
    for (const auto& of_loop : seen) {
        CHECK(of_loop.committed == writers * rounds);
        CHECK(of_loop.read_back == writers * rounds);
        CHECK(of_loop.on_other_threads == 0);
    }
    here.run(store->close());
}
