#include "persistence/sqlite/writer.hpp"

#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <atomic>
#include <new>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A writer without readers, whose reopening the test can let fail.
struct writing {
    temporary_folder folder;
    manual_environment env;
    std::atomic<bool> reopening_fails = false;
    std::unique_ptr<sqlite::writer> writer = open();

    ~writing() { env.run(close(this)); }

    commit_outcome commit(std::string key) { return env.run(submit(this, put(std::move(key), "1"))); }

private:
    std::unique_ptr<sqlite::writer> open() {
        std::string why;
        auto store = sqlite::open_store_file(env, folder.file("store.db"), why);
        REQUIRE(store);
        return std::make_unique<sqlite::writer>(env, std::move(*store), persistence::queue_bounds{},
                                                [this](const std::function<void()>& work) {
                                                    if (reopening_fails) throw std::bad_alloc();
                                                    work();
                                                    return true;
                                                });
    }

    static task<commit_outcome> submit(writing* self, record_write write) {
        co_return co_await suspend<commit_outcome>(
            self->env.get_executor(), [&](completion<commit_outcome> done) {
                auto pending = std::make_unique<backend::pending_commit>();
                pending->changes.writes.push_back(std::move(write));
                pending->done = std::move(done);
                self->writer->submit(std::move(pending));
            });
    }

    static task<> close(writing* self) {
        co_await suspend<int>(self->env.get_executor(),
                              [self](completion<int> ended) { self->writer->close(std::move(ended)); });
    }
};

} // namespace

TEST_CASE("a writer that runs out of memory while it reopens the store is unavailable until it has some") {
    faulty_vfs disk;
    writing at;
    REQUIRE(at.commit("a").committed());
    disk.fail_flushes(1);
    at.reopening_fails = true;
    CHECK(at.commit("b").error == errc::unknown_outcome);
    CHECK(at.writer->health() == store_health::lost);
    CHECK(at.commit("c").error == errc::unavailable);
    at.reopening_fails = false;
    REQUIRE(at.env.pass_time_until([&] { return at.writer->health() == store_health::usable; }));
    CHECK(at.commit("d").committed());
}
