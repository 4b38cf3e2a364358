#pragma once

#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "service/admin/serving_note.hpp"
#include "service/admin/store_window.hpp"
#include "service/config.hpp"
#include "service/machine_catalog.hpp"
#include "service/serving.hpp"
#include "service/store_keeper.hpp"
#include "websocket/listener.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// A running service: what it stores in, the machines it runs, its sessions and its listeners, put together.
/// Lives on the environment's thread. `drain` ends it; the destructor expects that it was awaited.
///
/// It serves until it drains, but for the times when a command has the store (`lend`): then its sessions have
/// ended in order, whoever comes is told to come back (503), and it serves on when the command has gone.
class server final : private admin::store_owner {
public:
    /// The store is open, the machines are loaded. What is given outlives the server. `recording` takes down
    /// what its sessions do; nothing: nobody does.
    server(environment& env, store_keeper& store, machine_catalog machines, const config& options,
           credentials::access access = {}, recorder* recording = nullptr, responder* answers = nullptr);
    ~server() override;

    /// Begins to accept, on what `open` opens: clients, and commands where they have an address of their own.
    /// The error is the system's (address in use, not permitted). Where it is of the commands' address,
    /// `is_listening` says so, and `drain` has to be awaited.
    result<void> listen(const websocket::listener_opener& open = websocket::open_listener);
    bool is_listening() const noexcept { return listener_ != nullptr; }

    std::string url() const;
    std::uint16_t port() const noexcept { return listener_->port(); }
    /// How commands of this machine use the store while this serves.
    admin::serving_place for_commands();
    std::size_t live_sessions() const noexcept { return serving_ ? serving_->sessions().live_sessions() : 0; }

    /// Tells clients when to come back, lets nobody new in (503, `/readyz` says why), waits for `grace` or
    /// until all have left, stops listening, closes what is left with 4001, lets the sessions finish what
    /// they have accepted. The store stays open, unless a command has it.
    task<> drain(milliseconds grace);

private:
    /// What a server does with its store.
    enum class phase {
        serving,
        leaving, ///< its sessions end, as a command asked for the store
        lent,    ///< a command has it
        opening  ///< the command has gone, or could not be given it
    };

    persistence::database* store() noexcept override { return store_.now(); }
    task<bool> lend() override;
    void take_back() override;
    task<std::string> settle_recordings() override;

    void begin_serving();
    task<> stop_serving(milliseconds grace);
    task<> open_again();
    task<std::string> try_to_serve();
    template <class IsDone>
    task<> wait_until(IsDone is_done, steady_time until);
    result<std::unique_ptr<websocket::listener>> open_at(const std::string& address,
                                                         const websocket::listener_opener& open,
                                                         websocket::router route) const;
    std::size_t open_connections() const noexcept;
    task<> close_listeners();
    websocket::routing route(const websocket::request& request);
    websocket::routing route_command(const websocket::request& request);
    websocket::routing admit_command(const websocket::request& request, const std::string& listening_at);
    std::string_view why_closed() const noexcept;

    /// Figures for the operator: on the listener for commands, or to this machine where there is none.
    websocket::http_response metrics() const;

    /// Whether turns can be served now: 200, or 503 with a JSON object of `code` (`server.draining`,
    /// `store.lent`, `store.busy`, `store.full`, `store.read_only`, `store.lost`, `store.unreadable`) and
    /// `message`.
    websocket::http_response readiness() const;

    environment& env_;
    store_keeper& store_;
    config options_;
    credentials::access access_;
    recorder* recorder_;
    responder* answers_;
    machine_catalog machines_;
    std::unique_ptr<websocket::listener> listener_;
    std::unique_ptr<websocket::listener> command_listener_; ///< nothing: commands come where clients do
    std::optional<admin::serving_note> note_;
    std::unique_ptr<serving> serving_; ///< nothing while a command has the store
    phase phase_ = phase::serving;
    bool draining_ = false;
    signal ending_; ///< of `draining_`, for who waits to open the store
    task_group tasks_;
    admin::store_windows windows_;
};

/// Splits `HOST:PORT`, with the host of an IPv6 address in brackets. False when the text is neither.
bool split_address(const std::string& text, std::string& host, std::uint16_t& port);

/// Whether the host is one that only this machine reaches: localhost, 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& host);

} // namespace rejoinder::service
