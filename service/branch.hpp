#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "service/placement.hpp"
#include "service/serving.hpp"
#include "service/share.hpp"
#include "websocket/listener.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rejoinder::service {

/// One of the loops that a server has, each with a thread of its own: who comes to it, and the sessions that
/// live there while there is a store. Clients come to any of them (the system deals them out); a socket whose
/// session lives on another one goes there.
///
/// Everything here is used on the branch's loop alone, or before that runs and when it does not run any more,
/// but for what says otherwise. The server owns all of them and awaits `close` before they go.
class branch final : private travel {
public:
    using all = std::vector<std::unique_ptr<branch>>;

    /// `answers` speaks for machines on this loop; nothing: nobody does. `others` are all branches in their
    /// order, this one included.
    branch(environment& env, responder* answers, placement where, const all& others)
        : env_(env), answers_(answers), where_(where), others_(others) {}

    executor loop() const noexcept { return env_.get_executor(); } ///< any thread
    environment& env() noexcept { return env_; }
    std::size_t index() const noexcept { return where_.here(); } ///< any thread

    /// Where clients come, from when the server listens until it is gone. Of the listener any thread may have
    /// what it says of itself for any.
    void listen(std::unique_ptr<websocket::listener> clients) { clients_ = std::move(clients); }
    websocket::listener* clients() const noexcept { return clients_.get(); }
    /// What waits for those who have come here.
    websocket::listener::backlog waiting() const {
        return clients_ ? clients_->waiting() : websocket::listener::backlog();
    }

    /// Lets clients have the sessions of a store, until `turn_out` or `close`.
    void begin(serving& whole);
    registry& sessions() noexcept { return share_->sessions(); }

    websocket::routing admit_session(const websocket::request& request);
    websocket::routing admit_robot(const websocket::request& request);
    bool is_serving() const noexcept { return share_ && takes_in_; }

    /// Whether memory is so short that nobody new may come.
    bool refuses_new() const noexcept { return share_ && share_->sessions().refuses_new(); }

    share::figures look() const { return share_ ? share_->look() : share::figures(); }

    void begin_drain(milliseconds grace);
    /// Sends clients away; those who come from now on, from other loops too, find nobody.
    task<> turn_out(std::string reason, milliseconds grace);
    /// The same for good, and for all connections.
    task<> close(std::string reason, milliseconds grace);
    /// Lets the sessions finish what they have accepted.
    task<> finish();

private:
    class look_up;

    bool take_home(const session_id& session, websocket::connection& peer, const std::string& address,
                   bool bounded, baggage what) override;
    task<websocket::decided> place_robot(admitted_robot who);
    std::unique_ptr<websocket::connection_handler> receive_client(const std::string& address, bool bounded,
                                                                  baggage what);
    std::unique_ptr<websocket::connection_handler> receive_robot(admitted_robot who);

    environment& env_;
    responder* answers_;
    placement where_;
    const all& others_;
    std::unique_ptr<websocket::listener> clients_;
    std::unique_ptr<share> share_; ///< nothing while a command has the store
    bool takes_in_ = false;
    std::size_t look_ups_ = 0; ///< of robots' homes, under way
    signal looked_up_;
};

/// The handler of a connection that is wanted on another loop from the beginning.
std::unique_ptr<websocket::connection_handler> make_passage(std::shared_ptr<websocket::landing> there,
                                                            websocket::handler_maker make);

} // namespace rejoinder::service
