#pragma once

#include "persistence/backend/descriptor.hpp"
#include "persistence/result.hpp"

#include <string>

namespace rejoinder::persistence::backend {

/// The right to be a store's only server. It is the kernel's lock (flock) on a file of its own, `STORE.lock`,
/// and ends with the process however that ends: the file stays and means nothing by itself. The store's own
/// file is not locked: closing any descriptor of it would drop the locks by which SQLite keeps others, a
/// person's shell for one, from writing at the same moment (sqlite.org/howtocorrupt.html, section 2.2).
class store_lock {
public:
    /// Holds nothing.
    store_lock() = default;

    /// Takes the right to a store, named by its canonical path so that every way to it leads to the same
    /// lock. `unavailable` when somebody has it, `unwritable` when there is no way to lock; `why` continues
    /// the sentence "the database FILE ...".
    static result<store_lock> take(const std::string& store, std::string& why);

    /// Whether the right is still this owner's: it is taken anew when the lock's file was removed or
    /// replaced.
    bool hold();

    void release() noexcept { *this = store_lock(); }

private:
    store_lock(std::string store, descriptor file) : store_(std::move(store)), file_(std::move(file)) {}
    bool in_place() const;

    std::string store_;
    descriptor file_;
};

} // namespace rejoinder::persistence::backend
