#pragma once

#include "persistence/queue_bounds.hpp"
#include "persistence/time.hpp"
#include "service/log_retention.hpp"
#include "websocket/connection.hpp"
#include "websocket/listener.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace rejoinder::service {

/// What keeps a session's promises. All of it is always on: only the simulation of the tests switches one
/// off, to prove that it would notice (`tests/simulation`).
struct interlocks {
    bool output_gate = true;        ///< answers and events wait for their commit
    bool deduplication = true;      ///< a turn that is recorded is not taken again
    bool live_behind_replay = true; ///< new events wait until a replay is through
};

/// The bounds and times of sessions, with the protocol's defaults. Every member but `interlocks` is a
/// configuration key.
struct settings {
    std::string node = "local";
    /// The session endpoint as clients of other servers on the same store reach it; empty: nobody is sent
    /// here.
    std::string node_url;
    milliseconds lease{15000}; ///< how long a server's word holds that it lives; renewed every third of it
    service::interlocks interlocks;

    milliseconds hello_deadline{5000};
    /// Silence after which the server asks for a sign of life; a client may wish it shorter.
    milliseconds heartbeat{25000};
    milliseconds heartbeat_answer{8000}; ///< and how long it waits for one

    std::size_t credit = 8;           ///< turns of one attachment without an answer; a client may wish fewer
    std::size_t queued_turns = 8;     ///< turns that wait in one session
    std::size_t mailbox = 64;         ///< messages that wait in one session
    std::size_t replay_events = 1024; ///< more are not replayed, a snapshot is sent instead
    std::size_t replay_bytes = 1 << 20;
    log_bounds log;                                    ///< of one session
    milliseconds turn_memory = std::chrono::hours(24); ///< how long a turn's id is known at least

    milliseconds session_life = std::chrono::days(30); ///< without any sign of the client
    milliseconds idle_deactivation{60000};             ///< without attachment and work
    std::size_t live_sessions = 20000;
    std::size_t woken_per_second = 100; ///< sessions that are loaded only because a timer of theirs is due

    std::size_t takeovers = 3; ///< of one session within `takeover_window`; more are refused with 4007
    milliseconds takeover_window{10000};
    double attach_attempts_per_minute = 10; ///< of one device, counting only those that led to nothing
    double attach_attempts_burst = 20;
    double address_attempts_per_minute = 60; ///< of one address, robots' included, counting the same ones
    double address_attempts_burst = 120;
    double account_attempts_per_minute = 600;   ///< of one account, by tokens that name no device, likewise
    double account_attempts_burst = 1000;       ///< all that may be connected come back at once
    std::size_t connections_per_user = 8;       ///< attached at a time; more are refused with 4007
    std::size_t connections_per_account = 1000; ///< likewise, by tokens that name no device
    milliseconds credentials_look{30000}; ///< how often credentials are looked at again while they are used
    milliseconds retiring_token{10000}; ///< how long a resume token lives on after a newer one was confirmed

    std::size_t robot_connections = 4;        ///< of one device at a time; more are refused with 429
    double robot_connections_per_minute = 60; ///< of one device
    milliseconds presence_patience{1000};     ///< how long a turn waits for the device's CONTEXT; at most 5 s
    milliseconds robot_linger{2000};          ///< from the last frame of an answer to the close

    /// For the database. A turn whose change set does not get in is rejected with `after`.
    persistence::queue_bounds queues;
    /// What commits may lag behind; above it clients' turns are rejected with `after` before they come in.
    /// Ten times what a slow disk takes, and below `queues.commit_wait`, at which turns are thrown back that
    /// were taken in.
    milliseconds commit_lag{200};
    /// Of the process's resident set, in MiB; 0: no bound. What is done on the way there is `memory_watch`'s.
    /// Over three times what the other bounds come to in ordinary use (20,000 sessions with their clients,
    /// the pages of the database), and less than the smallest machine has that serves so many.
    std::size_t memory_mb = 2048;
    std::size_t database_connections = 4;  ///< to a server
    milliseconds database_statement{5000}; ///< what a server gives one statement, its waits included

    std::uint64_t recording_bytes = 64 << 20;    ///< of the recording of one session
    std::uint64_t recordings_bytes = 4ULL << 30; ///< of all; then no other session is recorded

    milliseconds drain{30000}; ///< from SIGTERM to the end; reconnects are spread over 60 % of it

    std::size_t unattached = 256; ///< connections that have not said hello; more are refused with 503
    websocket::listener_limits listener;
    websocket::connection_limits connection; ///< `message_hard` follows `message`
};

} // namespace rejoinder::service
