#include "persistence/sqlite/connection.hpp"
#include "tests/persistence/sqlite/raw_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vfs_shim.hpp"

#include <string>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;
using persistence::sqlite::connection;
using persistence::sqlite::failure;

namespace {

/// What is done to a log, and in which order; a write may be made to fail.
class log_observer final : public vfs_shim {
public:
    std::vector<std::string> done;
    std::size_t bytes = 0;
    bool writes_fail = false;

    int write(file& to, const void* data, int size, sqlite3_int64 at) override {
        if (!to.is_log) return vfs_shim::write(to, data, size, at);
        if (done.empty() || done.back() != "write") done.emplace_back("write");
        ++writes;
        bytes += static_cast<std::size_t>(size);
        return writes_fail ? SQLITE_IOERR_WRITE : vfs_shim::write(to, data, size, at);
    }
    int sync(file& of, int flags) override {
        if (of.is_log) done.emplace_back("flush");
        return vfs_shim::sync(of, flags);
    }

    std::size_t writes = 0;
};

struct logged_file {
    temporary_folder folder;
    std::string path = folder.file("store.db");
    log_observer log;
    std::unique_ptr<connection> on;

    logged_file() {
        write_bytes(path, "");
        on = std::make_unique<connection>(path);
        on->execute("pragma journal_mode = wal");
        on->execute("pragma synchronous = full");
        on->execute("create table t (a integer primary key, b)");
        log.done.clear();
        log.writes = log.bytes = 0;
    }

    void add(int rows) {
        on->execute("with recursive n(i) as (select 1 union all select i + 1 from n where i < " +
                    std::to_string(rows) + ") insert into t (b) select randomblob(2000) from n");
    }
};

} // namespace

TEST_CASE("the pages of a commit go to the log together, and are flushed before anybody reads them") {
    logged_file f;
    f.add(20);
    CHECK(f.log.bytes > 10 * 4096);
    CHECK(f.log.writes == 1);
    CHECK(f.log.done == std::vector<std::string>{"write", "flush"});
    CHECK(raw_file(f.path).single("select count(*) from t") == "20");
}

TEST_CASE("of a large commit no more than 64 KiB come together") {
    logged_file f;
    f.add(1500);
    auto pieces = f.log.bytes / (64 * 1024);
    CHECK(pieces > 10);
    CHECK(f.log.writes >= pieces);
    CHECK(f.log.writes <= 2 * pieces);
    CHECK(f.log.done == std::vector<std::string>{"write", "flush"});
    CHECK(raw_file(f.path).single("select count(*) from t") == "1500");
}

TEST_CASE("what a transaction reads back from the log before its end is there") {
    logged_file f;
    f.on->execute("pragma cache_size = 10");
    f.on->execute("begin");
    f.add(200);
    f.on->execute("update t set b = zeroblob(3000) where a % 2 = 0");
    CHECK(f.on->single("select count(*) from t where length(b) = 3000") == "100");
    CHECK(f.on->single("select sum(a) from t") == "20100");
    f.on->execute("commit");
    CHECK(f.on->single("pragma integrity_check") == "ok");
    CHECK(raw_file(f.path).single("select count(*) from t where length(b) = 3000") == "100");
}

TEST_CASE("a commit whose pages can't be written fails, and the next one is whole") {
    logged_file f;
    f.add(1);
    f.log.writes_fail = true;
    CHECK_THROWS_AS(f.add(50), failure);
    f.log.writes_fail = false;
    CHECK(f.on->single("select count(*) from t") == "1");
    f.add(3);
    CHECK(raw_file(f.path).single("select count(*) from t") == "4");
    CHECK(raw_file(f.path).single("pragma integrity_check") == "ok");
}

TEST_CASE("a log that begins anew is written from its beginning") {
    logged_file f;
    for (int i = 0; i < 3; ++i) {
        f.add(50);
        CHECK(f.on->single("pragma wal_checkpoint(restart)") == "0");
    }
    f.add(1);
    CHECK(raw_file(f.path).single("select count(*) from t") == "151");
    CHECK(raw_file(f.path).single("pragma integrity_check") == "ok");
}
