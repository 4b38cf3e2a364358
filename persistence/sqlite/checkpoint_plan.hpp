#pragma once

#include "persistence/sqlite/connection.hpp"

namespace rejoinder::persistence::sqlite {

/// Lengths of SQLite's log, in pages of 4 KiB, at which something is done about it. Measured at 10,000 turns
/// a second: longer passes flush more at once, which the slowest commits wait for at the disk, and shorter
/// ones flush more often, which the others wait for, and write more pages twice.
struct log_bounds {
    int pass = 3000;       ///< a pass for each so many pages that the log grows
    int long_log = 12'000; ///< from here on the log shall begin anew, as it does when all of it is worked in
    int rest = 200;        ///< so few pages are no wait worth speaking of: the writer works them in itself
    int most = 21'000;     ///< here the writer works in whatever is left, however long that takes
};

/// Decides when the log is worked into the file, and by whom. Passes are made beside the writer, but while it
/// commits they never catch up with the log's end, without which the log cannot begin anew: when a long log
/// has only a short rest left, the writer does that between two transactions, and its next commit begins the
/// log anew. So the log is at most `most` pages and one transaction long, unless readers hold it (a copy of
/// the store does) or the file has no room to grow; what is in their way then is tried again each `pass`
/// pages.
///
/// Belongs to the writer's thread and does nothing itself. What it relies on:
/// 1. One pass at a time, the writer's own among them.
/// 2. After one has ended there is no next before something was committed. The log begins anew in a commit
///    that finds all of it worked in, so that it never does while a pass is under way. This is not only so
///    that the counts are right: before 3.51.3 SQLite destroys the store when the log begins anew in the
///    moment in which a pass begins (https://sqlite.org/wal.html#walresetbug). What another program does to
///    the log, a person's shell say, is not counted.
/// 3. A log that has begun anew has another generation, and nothing of it is worked in.
class checkpoint_plan {
public:
    enum class step {
        nothing,
        pass,  ///< let one be made beside the writer
        finish ///< let the writer do it, after the pass that may be under way
    };

    explicit checkpoint_plan(const log_bounds& bounds) noexcept : bounds_(bounds) {}

    /// Where the log stands now; for the writer, after each transaction and before everything else.
    void stands(const wal_position& log) noexcept;

    step next() const noexcept;

    void pass_began() noexcept;

    /// `done` pages of the log that the pass found are in the file and on the disk. Whether these are more
    /// than before: a pass does nothing while somebody reads, and tells of no failure then.
    bool pass_ended(int done) noexcept;
    void pass_failed() noexcept;

    /// The same for the writer's own, which may fail between the two.
    void finish_began() noexcept;
    bool finish_ended(int done) noexcept;

private:
    bool may_finish() const noexcept;
    bool ended(std::uint64_t generation, int done) noexcept;

    log_bounds bounds_;
    wal_position log_;
    int done_ = 0;                      // pages of the log that are in the file
    int began_at_ = 0;                  // how long the log was when the latest pass was asked for
    int finished_at_ = 0;               // and when the writer did it last; zero: not yet in this generation
    bool finished_all_ = false;         // and whether that was all of it
    std::uint64_t pass_generation_ = 0; // of the log when the latest pass was asked for
    bool under_way_ = false;
    bool has_grown_ = false; // since the latest pass has ended
};

} // namespace rejoinder::persistence::sqlite
