#include "service/store_watch.hpp"

#include "persistence/memory/memory_database.hpp"
#include "persistence/task_group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/manual_environment.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using rejoinder::service::store_watch;

namespace {

struct watched {
    manual_environment env;
    faulty_database database{env, *persistence::open_memory_database(env, {})};
    store_watch watch{env, database};
    task_group tasks{env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); }};

    watched() {
        tasks.spawn(watch.run());
        env.run_ready();
    }
    ~watched() {
        database.release_reads();
        watch.stop();
        env.run(tasks.join());
    }
    void let_pass(milliseconds time) { env.advance(time); }
};

} // namespace

TEST_CASE("a store that answers is readable, whatever is in it") {
    watched w;
    CHECK(w.watch.readable());
    w.let_pass(store_watch::interval * 3);
    CHECK(w.watch.readable());
    CHECK(w.database.reads() == 4);
}

TEST_CASE("a store whose reads fail is unreadable from the next look until one works again") {
    watched w;
    w.database.fail_reads(persistence::errc::unavailable);
    CHECK(w.watch.readable());
    w.let_pass(store_watch::interval);
    CHECK_FALSE(w.watch.readable());
    w.database.mend_reads();
    w.let_pass(store_watch::interval);
    CHECK(w.watch.readable());
}

TEST_CASE("a store that gives no answer is unreadable when one is overdue") {
    watched w;
    w.database.hold_reads();
    w.let_pass(store_watch::interval * 2);
    CHECK(w.watch.readable());
    w.let_pass(milliseconds(1));
    CHECK_FALSE(w.watch.readable());
    w.database.release_reads();
    w.env.run_ready();
    CHECK(w.watch.readable());
}
