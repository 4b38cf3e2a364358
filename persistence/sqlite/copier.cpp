#include "persistence/sqlite/copier.hpp"

#include "persistence/backend/unfinished_copy.hpp"
#include "persistence/log.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <memory>
#include <system_error>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

// A step is as long as an end has to wait.
constexpr int pages_at_once = 256;

/// Thrown when nobody wants the copy any more.
struct interruption {};

struct backup_ender {
    void operator()(sqlite3_backup* running) const noexcept { sqlite3_backup_finish(running); }
};

} // namespace

copier::copier(std::string path, const queue_bounds& bounds)
    : path_(std::move(path)), queue_(bounds), thread_([this] { run(); }) {}

copier::~copier() {
    closing_ = true;
    queue_.close();
    thread_.join();
}

void copier::submit(std::string place, completion<backend::verdict> done) {
    auto work = [this, place = std::move(place)] { return backend::to_verdict(copy(place)); };
    auto chore = backend::make_chore<backend::verdict>(std::move(work), std::move(done));
    if (auto refusal = queue_.push(chore)) chore->refuse(*refusal);
}

bool copier::interrupt_around(const std::function<bool()>& work) {
    interrupted_ = true;
    std::lock_guard lock(copying_);
    interrupted_ = false;
    return work();
}

bool copier::if_idle(const std::function<bool()>& work) {
    std::unique_lock lock(copying_, std::try_to_lock);
    return lock && work();
}

void copier::close(completion<int> ended) {
    ended_ = std::move(ended);
    closing_ = true;
    queue_.close();
}

void copier::run() noexcept {
    for (auto work = queue_.take(); !work.is_end(); work = queue_.take())
        if (work.chore) work.chore->run();
    if (ended_) std::exchange(ended_, {}).post(0);
}

error_code copier::copy(const std::string& place) {
    std::lock_guard lock(copying_);
    try {
        backend::unfinished_copy made(place, backend::unfinished_copy::kind::file);
        copy_into(made.path());
        made.finish();
        log::info("store_copied", {{"file", path_}, {"to", place}});
        return {};
    } catch (const interruption&) {
        return closing_ ? errc::closed : errc::unavailable;
    } catch (const failure& broken) {
        return report(broken, "back_up", path_);
    } catch (const std::system_error& broken) {
        log::warning("back_up_failed", {{"what", broken.what()}, {"file", path_}});
        return errc::unwritable;
    }
}

/// Holds one state of the store from the first page to the last. Without that, each commit would make SQLite
/// begin anew.
void copier::copy_into(const std::string& file) {
    if (!is_wanted()) throw interruption();
    auto from = connect(path_);
    connection to(file);
    // The copy has its name only when all of it is on the disk, so that nothing of it needs to be undone.
    to.execute("pragma journal_mode = off");
    to.execute("pragma synchronous = off");
    from->execute("begin");
    from->single("select count(*) from sqlite_schema");
    std::unique_ptr<sqlite3_backup, backup_ender> running(
        sqlite3_backup_init(to.native(), "main", from->native(), "main"));
    if (!running) throw failure(sqlite3_extended_errcode(to.native()), sqlite3_errmsg(to.native()));
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        if (!is_wanted()) throw interruption();
        code = sqlite3_backup_step(running.get(), pages_at_once);
    }
    if (code != SQLITE_DONE) throw failure(code, sqlite3_errstr(code));
    code = sqlite3_backup_finish(running.release());
    if (code != SQLITE_OK) throw failure(code, sqlite3_errstr(code));
    from->execute("commit");
}

} // namespace rejoinder::persistence::sqlite
