#pragma once

#include "persistence/backend/verdict.hpp"
#include "persistence/environment.hpp"
#include "persistence/postgresql/committer.hpp"
#include "persistence/postgresql/connection.hpp"
#include "persistence/postgresql/store.hpp"
#include "persistence/task_group.hpp"

#include <cstddef>
#include <deque>
#include <memory>

namespace rejoinder::persistence::postgresql {

/// Compacts a store, once for each who asks: lets the feed begin behind the latest removal, and has the
/// server vacuum the tables over a connection of its own, beside commits and reads. That gives the room of
/// what was removed to what comes, and what is free at a table's end back to the disk; it takes the owner of
/// the tables. The server overwrites nothing, and its log and backups are its administrator's: that no byte
/// of what was removed is left can be said only of a store's own files. Servers that collect by themselves
/// what is gone, and so know no such command, are left to it.
class compactor {
public:
    /// At most so many wait. The committer outlives this, and is closed after it.
    compactor(environment& env, store of, committer& writing, std::size_t most);

    task<error_code> compact();

    /// Interrupts a compaction that is under way: there is nothing in it that could be lost. It and those
    /// that wait are `closed`, as are later ones.
    task<> close();

private:
    task<> work();
    task<error_code> compact_once();
    task<error_code> vacuum();

    environment& environment_;
    store store_;
    committer& committer_;
    std::size_t most_;
    std::deque<completion<backend::verdict>> waiting_;
    std::unique_ptr<connection> connection_; // while one is under way
    bool closed_ = false;
    task_group tasks_;
};

} // namespace rejoinder::persistence::postgresql
