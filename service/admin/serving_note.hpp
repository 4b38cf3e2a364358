#pragma once

#include "persistence/database.hpp"

#include <optional>
#include <string>

namespace rejoinder::service::admin {

/// How to reach the server that has a store open.
struct serving_place {
    std::string url;   ///< of `/v1/admin/store`
    std::string token; ///< that lets in
};

/// A server's note beside its store, for commands that want to use the store while it is held: who may read
/// the store may read the note (mode 0600), and nobody else. It is there from its making to its end; one that
/// a killed server has left means nothing, as the store's lock is free then.
class serving_note {
public:
    /// Writes nothing for a store that no lock keeps to one server (memory, postgresql). A note that can't be
    /// written is logged: commands have to wait for the server's end then.
    serving_note(const persistence::database_options& store, const serving_place& here);
    serving_note(const serving_note&) = delete;
    serving_note& operator=(const serving_note&) = delete;
    ~serving_note();

private:
    std::string file_;
};

/// What the note beside a store says, if there is one.
std::optional<serving_place> read_serving_note(const persistence::database_options& store);

} // namespace rejoinder::service::admin
