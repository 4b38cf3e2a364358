#pragma once

#include "persistence/mailbox.hpp"
#include "persistence/task_group.hpp"
#include "service/admin/serving_note.hpp"
#include "service/admin/store_window.hpp"
#include "service/branch.hpp"
#include "service/config.hpp"
#include "service/machine_catalog.hpp"
#include "service/serving.hpp"
#include "service/store_keeper.hpp"
#include "websocket/listener.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service {

/// A loop of a server beside the one of its environment. It has a thread of its own, which begins to run
/// after `listen` and goes on until after `drain`, and no longer than the server lives.
struct server_loop {
    environment& env;
    responder* answers = nullptr; ///< speaks for machines there; nothing: nobody does
};

/// A running service: what it stores in, the machines it runs, its sessions and its listeners, put together.
/// Lives on the environment's thread. `drain` ends it; the destructor expects that it was awaited.
///
/// It may have further loops, each with a share of the sessions (`branch`), which share no more than what is
/// asked when somebody comes or goes. Commands, figures and what looks after the store are on the first loop,
/// which asks the others on theirs.
///
/// It serves until it drains, but for the times when a command has the store (`lend`): then its sessions have
/// ended in order, whoever comes is told to come back (503), and it serves on when the command has gone.
class server final : private admin::store_owner {
public:
    /// The store is open, the machines are loaded. What is given outlives the server. `recording` takes down
    /// what its sessions do; nothing: nobody does.
    server(environment& env, store_keeper& store, machine_catalog machines, const config& options,
           credentials::access access = {}, recorder* recording = nullptr, responder* answers = nullptr,
           const std::vector<server_loop>& further = {});
    ~server() override;

    /// Begins to accept, on what `open` opens: clients, and commands where they have an address of their own.
    /// The error is the system's (address in use, not permitted): of the commands' address where
    /// `is_open_to_clients`. Where something was opened before (`is_listening`), `drain` has to be awaited.
    result<void> listen(const websocket::listener_opener& open = websocket::open_listener);
    bool is_listening() const noexcept { return clients() != nullptr; }
    /// On every loop.
    bool is_open_to_clients() const noexcept;

    std::string url() const;
    std::uint16_t port() const noexcept { return clients()->port(); }
    /// How commands of this machine use the store while this serves.
    admin::serving_place for_commands();
    std::size_t live_sessions() const noexcept { return bounds_.live_sessions; }

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

    websocket::listener* clients() const noexcept { return branches_.front()->clients(); }
    result<void> listen_for_clients(const websocket::listener_opener& open);
    void make_serving();
    void go_on_serving();
    task<> begin_drain(milliseconds grace);
    task<> finish_serving();
    task<> stop_serving(milliseconds grace);
    template <class Make>
    task<> on_every_loop(Make make);
    template <class Answer>
    websocket::routing from_here(branch& at, Answer answer);
    task<> open_again();
    task<std::string> try_to_serve();
    template <class IsDone>
    task<> wait_until(IsDone is_done, steady_time until);
    result<std::unique_ptr<websocket::listener>> open_at(environment& env, const std::string& address,
                                                         const websocket::listener_opener& open,
                                                         websocket::listener_options options,
                                                         websocket::router route) const;
    std::size_t open_connections() const noexcept;
    std::size_t guests() const noexcept;
    task<> close_listeners();
    websocket::routing route(branch& at, const websocket::request& request);
    websocket::routing route_command(const websocket::request& request);
    websocket::routing admit_command(const websocket::request& request, const std::string& listening_at);
    task<websocket::decided> fetch_command(websocket::request request);
    std::string_view why_closed() const noexcept;

    /// Figures for the operator: on the listener for commands, or to this machine where there is none.
    task<websocket::decided> metrics();
    task<std::vector<metric>> gather_metrics();

    /// Whether turns can be served now: 200, or 503 with a JSON object of `code` (`server.draining`,
    /// `store.lent`, `store.busy`, `store.full`, `store.read_only`, `store.lost`, `store.unreadable`) and
    /// `message`.
    websocket::http_response readiness() const;

    environment& env_;
    store_keeper& store_;
    config options_;
    credentials::access access_;
    recorder* recorder_;
    machine_catalog machines_;
    shared_bounds bounds_;
    branch::all branches_; ///< in the order of their loops; the first is on this one
    std::unique_ptr<websocket::listener> command_listener_; ///< nothing: commands come where clients do
    std::optional<admin::serving_note> note_;
    std::unique_ptr<serving> serving_; ///< nothing while a command has the store
    // Every loop reads these; only this one sets them.
    std::atomic<phase> phase_ = phase::serving;
    std::atomic<bool> draining_ = false;
    signal ending_; ///< of `draining_`, for who waits to open the store
    task_group tasks_;
    admin::store_windows windows_;
};

/// Splits `HOST:PORT`, with the host of an IPv6 address in brackets. False when the text is neither.
bool split_address(const std::string& text, std::string& host, std::uint16_t& port);

/// Whether the host is one that only this machine reaches: localhost, 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& host);

} // namespace rejoinder::service
