#pragma once

#include "service/admin/command_link.hpp"
#include "service/admin/serving_note.hpp"
#include "websocket/client.hpp"

#include <memory>
#include <string>

namespace rejoinder::service::admin {

/// A server's store that a command has for itself: the server has told its clients to come back later, has
/// ended its sessions in order and closed the store. It opens the store again when the loan is given back,
/// and when the command's process has ended, however it did.
class loan {
public:
    explicit loan(std::unique_ptr<websocket::client> held) : held_(std::move(held)) {}

    /// The store is closed by then. Call it before the destructor.
    task<> give_back() { return held_->close(); }

private:
    std::unique_ptr<websocket::client> held_;
};

/// Asks a server for its store, and waits until its sessions have ended. `why` receives what the server has
/// against it, for a person; nothing when there is no server.
task<result<std::unique_ptr<loan>>> borrow(environment* env, serving_place at, std::string* why,
                                           command_dialer dial = {});

} // namespace rejoinder::service::admin
