#include "persistence/sqlite/checkpointer.hpp"

#include "tests/persistence/sqlite/lone_writer.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/captured_errors.hpp"
#include "tests/support/faulty_vfs.hpp"
#include "tests/support/power_loss_vfs.hpp"
#include "tests/support/seed.hpp"

#include <filesystem>
#include <fstream>
#include <latch>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

using moment = faulty_vfs::moment;

constexpr std::uintmax_t bytes_of_frame = 4096 + 24;

/// The writer works nothing in itself.
constexpr sqlite::log_bounds only_passes{.pass = 20, .long_log = 1'000'000, .rest = 0, .most = 1'000'000};

/// After each pass the writer works in the rest, so that the log begins anew often.
constexpr sqlite::log_bounds short_log{.pass = 20, .long_log = 30, .rest = 15, .most = 1000};

std::string text_of(int i) {
    return '"' + std::string(5000 + static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26)) + '"';
}

/// Commits records with other keys than before.
class load {
public:
    explicit load(lone_writer& on) : on_(on) {}

    void commit(int count) {
        for (; count > 0; --count, ++committed_)
            REQUIRE(on_.commit(std::to_string(committed_), text_of(committed_)).committed());
    }

    /// Commits until that is so, which it must be soon.
    template <class Predicate>
    void commit_until(Predicate is_so) {
        for (int i = 0; i < 5000; ++i) {
            if (is_so()) return;
            commit(1);
        }
        FAIL("it never came to be so");
    }

    /// Commits until one fails.
    void commit_while_it_works() {
        while (on_.commit(std::to_string(committed_), text_of(committed_)).committed())
            ++committed_;
    }

    /// Every record that was reported as committed is there, and the file is whole.
    void check() const {
        raw_file store(on_.path());
        CHECK(store.single("pragma quick_check") == "ok");
        for (int i = 0; i < committed_; ++i) {
            INFO("record " << i);
            REQUIRE(store.single("select value from record where key = '" + std::to_string(i) + "'") ==
                    text_of(i));
        }
    }

private:
    lone_writer& on_;
    int committed_ = 0;
};

/// Another one each time the log begins anew.
std::uint64_t generation(const lone_writer& of) {
    std::uint64_t salt = 0;
    std::ifstream(of.log(), std::ios::binary).seekg(16).read(reinterpret_cast<char*>(&salt), sizeof salt);
    return salt;
}

/// Waits for what the log tells of a pass that failed.
void await_recovery(captured_errors& errors, const std::string& code) {
    CHECK(errors.line().starts_with("warning sqlite_failed doing=checkpoint code=" + code));
    CHECK(errors.line().starts_with("warning store_unusable"));
    CHECK(errors.line().starts_with("warning store_recovered"));
}

} // namespace

TEST_CASE("commits go on while a pass writes, and while it waits for its flush") {
    auto at = GENERATE(moment::write, moment::flush);
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(at);
    load.commit(20);
    disk.await_held();
    load.commit(50);
    disk.let_go();
    load.check();
}

TEST_CASE("a pass that the writer has overtaken flushes what it has written") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(moment::write);
    load.commit(20);
    disk.await_held();
    load.commit(1);
    disk.hold_checkpoint(moment::flush);
    disk.await_held();
    disk.let_go();
}

TEST_CASE("a log whose end no pass reaches begins anew all the same") {
    faulty_vfs disk;
    lone_writer store(short_log);
    load load(store);
    disk.hold_checkpoint(moment::flush);
    load.commit(20);
    disk.await_held();
    load.commit(20);
    auto before = generation(store);
    disk.let_go();
    load.commit_until([&] { return generation(store) != before; });
    load.check();
}

TEST_CASE("however long commits go on, the log keeps its bound") {
    sqlite::log_bounds bounds{.pass = 40, .long_log = 120, .rest = 20, .most = 400};
    lone_writer store(bounds);
    load load(store);
    load.commit(1000);
    auto transaction = 20u; // pages
    CHECK(std::filesystem::file_size(store.log()) <=
          (static_cast<unsigned>(bounds.most) + transaction) * bytes_of_frame);
    load.check();
}

TEST_CASE("where a pass is slower than the commits, the writer waits for it at the log's bound") {
    faulty_vfs disk;
    sqlite::log_bounds bounds{.pass = 20, .long_log = 1000, .rest = 0, .most = 200};
    lone_writer store(bounds);
    load load(store);
    disk.hold_checkpoint(moment::flush);
    auto most = static_cast<unsigned>(bounds.most) * bytes_of_frame;
    load.commit_until([&] { return std::filesystem::file_size(store.log()) > most; });
    disk.await_held();
    auto before = generation(store);
    disk.let_go();
    load.commit(1);
    CHECK(generation(store) != before);
    load.check();
}

TEST_CASE("a log that somebody reads from grows, and begins anew when they have done") {
    lone_writer store({.pass = 300, .long_log = 300, .rest = 15, .most = 600});
    load load(store);
    load.commit(1);
    auto before = generation(store);
    {
        raw_file other(store.path());
        other.execute("begin");
        other.single("select count(*) from record");
        load.commit(300);
        CHECK(generation(store) == before);
        CHECK(other.single("select count(*) from record") == "1");
    }
    load.commit_until([&] { return generation(store) != before; });
    load.check();
}

TEST_CASE("a pass that fails is told to the writer without any commit, and the store is recovered") {
    auto fails_at = GENERATE(moment::write, moment::flush);
    faulty_vfs disk;
    captured_errors errors;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(fails_at);
    load.commit(20);
    disk.await_held();
    load.commit(20);
    if (fails_at == moment::write)
        disk.fail_checkpoints(1);
    else
        disk.fail_checkpoints_flushes(1);
    disk.let_go();
    await_recovery(errors, fails_at == moment::write ? "778" : "1034");
    CHECK(std::filesystem::file_size(store.log()) == 0); // all of it is in the file
    load.commit(20);
    load.check();
}

TEST_CASE("while passes go on failing the store is lost, and it comes back with all that was committed") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    load.commit(1);
    disk.fail_checkpoints_flushes(1'000'000);
    load.commit_while_it_works();
    REQUIRE(store.env.pass_time_until([&] { return store.writer->health() == store_health::lost; }));
    CHECK(store.commit("another").error == errc::unavailable);
    store.env.advance(seconds(60));
    CHECK(store.writer->health() == store_health::lost);
    disk.fail_checkpoints_flushes(0);
    REQUIRE(store.env.pass_time_until([&] { return store.writer->health() == store_health::usable; }));
    load.commit(20);
    load.check();
}

TEST_CASE(
    "a store whose pass has failed is not used on while another program has SQLite's count of the log") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    load.commit(1);
    {
        raw_file other(store.path());
        other.single("select count(*) from record");
        disk.fail_checkpoints_flushes(1);
        load.commit_while_it_works();
        REQUIRE(store.env.pass_time_until([&] { return store.writer->health() == store_health::lost; }));
        CHECK(store.commit("another").error == errc::unavailable);
    }
    REQUIRE(store.env.pass_time_until([&] { return store.writer->health() == store_health::usable; }));
    load.check();
}

TEST_CASE("a pass for which there is no room is told once, no commit fails, and it is made again") {
    faulty_vfs disk;
    captured_errors errors;
    lone_writer store(short_log);
    load load(store);
    disk.refuse_room_to_checkpoints(1'000'000);
    load.commit(300);
    CHECK(store.writer->health() == store_health::usable);
    log::warning("nothing_more");
    CHECK(errors.line().starts_with("warning sqlite_failed doing=checkpoint code=13"));
    CHECK(errors.line() == "warning nothing_more");
    auto before = generation(store);
    disk.refuse_room_to_checkpoints(0);
    load.commit_until([&] { return generation(store) != before; });
    load.check();
}

TEST_CASE("a store that is closed while a pass fails is recovered first, and leaves no log") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(moment::flush);
    load.commit(20);
    disk.await_held();
    disk.fail_checkpoints_flushes(1);
    disk.let_go();
    store.close();
    CHECK_FALSE(std::filesystem::exists(store.log()));
    load.check();
}

TEST_CASE("a store that cannot be recovered when it is closed leaves its log to the next start") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(moment::flush);
    load.commit(20);
    disk.await_held();
    disk.fail_checkpoints_flushes(1'000'000);
    disk.let_go();
    store.close();
    CHECK(std::filesystem::file_size(store.log()) > 20 * bytes_of_frame);
    disk.fail_checkpoints_flushes(0);
    store.open();
    load.check();
}

TEST_CASE("a compaction waits for the pass that is under way") {
    faulty_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    disk.hold_checkpoint(moment::write);
    load.commit(20);
    disk.await_held();
    bool was_held = true;
    error_code outcome = errc::unavailable;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    auto compact = [](lone_writer& of, faulty_vfs& disk, bool& was_held, error_code& outcome) -> task<> {
        auto compacting = of.compact([&](const auto& rewrite, const auto& empty_log) {
            was_held = disk.is_holding();
            rewrite();
            empty_log();
            return true;
        });
        outcome = co_await std::move(compacting);
    };
    tasks.spawn(compact(store, disk, was_held, outcome));
    store.env.run_ready();
    disk.let_go();
    store.env.run(tasks.join());
    CHECK_FALSE(was_held);
    CHECK_FALSE(outcome);
    load.commit(20);
    load.check();
}

TEST_CASE("what a flush has lost is written once more before the log begins anew") {
    auto flush = GENERATE(range(1, 9)); // of the file: of passes beside the writer, and of the writer's own
    CAPTURE(flush);
    auto seed = test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    power_loss_vfs disk;
    lone_writer store(short_log);
    load load(store);
    load.commit(1);
    disk.lose_flush(static_cast<std::size_t>(flush));
    load.commit_until(
        [&] { return disk.has_lost_flush() && store.writer->health() == store_health::usable; });
    load.commit(100);
    disk.lose_power_at(1);
    store.close();
    disk.crash(random);
    store.open();
    load.check();
}

TEST_CASE("what a flush has lost while the store was closed is in the file or in the log") {
    std::mt19937_64 random(test_seed());
    power_loss_vfs disk;
    lone_writer store(only_passes);
    load load(store);
    std::latch closing(1);
    disk.lose_flush(1, [&] { closing.wait(); });
    load.commit(20);
    store.close([&] { closing.count_down(); });
    CHECK(disk.has_lost_flush());
    disk.crash(random);
    store.open();
    load.check();
}

TEST_CASE("whenever the power goes while passes are made, what was committed is there") {
    auto seed = test_seed();
    std::mt19937_64 random(seed);
    INFO("seed " << seed);
    for (int i = 0; i < 40; ++i) {
        power_loss_vfs disk;
        lone_writer store(short_log);
        load load(store);
        load.commit(1);
        auto step = 1 + random() % 1500;
        INFO("the power goes at step " << step);
        disk.lose_power_at(disk.steps() + step);
        load.commit_while_it_works();
        disk.lose_power_at(1);
        store.close();
        disk.crash(random);
        store.open();
        load.check();
        load.commit(50);
        load.check();
    }
}
