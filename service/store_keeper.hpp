#pragma once

#include "persistence/database.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rejoinder::service {

/// The store that a server serves. A command may have it for a while, so the store is closed, changed or
/// replaced by another process, and opened anew: who uses it asks for it here.
class store_keeper {
public:
    /// Opens it, with the keys of that moment; `why` is a sentence for a person. Blocks.
    using opener = std::function<result<std::unique_ptr<persistence::database>>(std::string& why)>;

    /// Calls something when no handler of the event loop is running: opening may run the loop itself.
    /// Nothing: at once, which is good for stores that don't.
    using outside = std::function<void(std::function<void()> what)>;

    /// `where` is what the opener opens.
    store_keeper(persistence::database_options where, opener open, outside between_handlers = {});

    /// Only while it is closed, and outside of the event loop. What it throws is an error, too.
    result<void> open(std::string& why);

    /// The same from inside the event loop, which stands still meanwhile.
    task<result<void>> open_again(std::string* why);

    /// Nothing while it is closed. Valid until `close` is called.
    persistence::database* now() const noexcept { return database_.get(); }
    const persistence::database_options& where() const noexcept { return where_; }

    /// Waits until what was begun is done. Harmless when it is closed; it is also when this throws.
    task<> close();

private:
    persistence::database_options where_;
    opener open_;
    outside outside_;
    std::unique_ptr<persistence::database> database_;
};

} // namespace rejoinder::service
