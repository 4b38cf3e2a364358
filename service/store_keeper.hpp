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

    /// `where` is what the opener opens.
    store_keeper(persistence::database_options where, opener open);

    /// Only while it is closed.
    result<void> open(std::string& why);

    /// Nothing while it is closed. Valid until `close` is called.
    persistence::database* now() const noexcept { return database_.get(); }
    const persistence::database_options& where() const noexcept { return where_; }

    /// Waits until what was begun is done. Harmless when it is closed.
    task<> close();

private:
    persistence::database_options where_;
    opener open_;
    std::unique_ptr<persistence::database> database_;
};

} // namespace rejoinder::service
