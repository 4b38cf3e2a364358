#include "service/serving.hpp"

#include "persistence/log_failure.hpp"
#include "service/credentials/origins.hpp"
#include "service/recording/recorded_handler.hpp"
#include "service/session_endpoint.hpp"
#include "websocket/plain_answer.hpp"
#include "websocket/protocol/frames.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::plain_answer;

namespace {

constexpr std::size_t remembered_devices = 10'000;
constexpr std::size_t remembered_addresses = 10'000;

void log_task_error(std::exception_ptr error) {
    log_failure("serving_task_failed", std::move(error));
}

} // namespace

serving::serving(environment& env, persistence::database& database, const machine_catalog& machines,
                 const config& options, const credentials::access& access, recorder* recording,
                 responder* answers)
    : env_(env),
      options_(options),
      access_(access),
      verifier_(credentials::make_verifier(env, database, access)),
      stranger_attempts_(options_.limits.attach_attempts_per_minute, options_.limits.attach_attempts_burst,
                         remembered_devices),
      attach_attempts_(options_.limits.attach_attempts_per_minute, options_.limits.attach_attempts_burst,
                       remembered_devices),
      address_attempts_(options_.limits.address_attempts_per_minute, options_.limits.address_attempts_burst,
                        remembered_addresses),
      accounts_{{options_.limits.account_attempts_per_minute, options_.limits.account_attempts_burst,
                 remembered_devices},
                {}},
      lease_(env, database, options_.limits),
      recorder_(recording),
      turns_(env, options_.limits),
      sessions_({env, store_of_sessions(database, machines), options_.limits, env.utc_now(), answers,
                 &turns_.lag()},
                machines, &lease_),
      watch_(env, database),
      memory_(env, sessions_, options_.limits, system_memory()),
      housekeeping_(env, database, sessions_, options_.housekeeping),
      timers_(env, database, sessions_, options_.limits),
      tasks_(env.get_executor(), log_task_error),
      robots_({env, sessions_, options_.limits, options_.robot_machine, tasks_, recording},
              options_.robot_tokens,
              access.has_credentials() ? unknown_robots::refused : unknown_robots::welcome) {}

persistence::database& serving::store_of_sessions(persistence::database& database,
                                                  const machine_catalog& machines) {
    if (!recorder_) return database;
    return recorded_.emplace(database, *recorder_, machines);
}

void serving::begin() {
    tasks_.spawn(watch_.run());
    tasks_.spawn(memory_.run());
    tasks_.spawn(housekeeping_.run());
    tasks_.spawn(lease_.run());
    sessions_.tell_of_timers([this](utc_time due) { timers_.expect(due); });
    tasks_.spawn(timers_.run());
}

websocket::routing serving::admit_session(const websocket::request& request) {
    if (unattached_ >= options_.limits.unattached)
        return plain_answer(503, "too many connections have not said hello yet", milliseconds(1000));
    // A browser sends its page's origin. Without credentials any page could talk to this server, so none may;
    // with them those may that the operator lists.
    if (request.origin && !credentials::is_listed_origin(access_.origins, *request.origin))
        return plain_answer(403, "pages of this origin are not served here");
    if (std::ranges::find(request.subprotocols, protocol::subprotocol) == request.subprotocols.end())
        return plain_answer(400, "the subprotocol rejoinder.v1 is spoken here");
    endpoint_house house{env_,
                         sessions_,
                         options_.limits,
                         *verifier_,
                         stranger_attempts_,
                         attach_attempts_,
                         unattached_,
                         attached_,
                         tasks_,
                         attempts_of_address(request)};
    // Without credentials everybody is one account.
    if (access_.has_credentials()) house.accounts = &accounts_;
    house.turns = &turns_;
    websocket::accept_upgrade accepted;
    accepted.handler = std::make_unique<session_endpoint>(house, request.peer_address);
    if (recorder_) accepted.handler = record(std::move(accepted.handler));
    accepted.limits = options_.limits.connection;
    accepted.subprotocol = protocol::subprotocol;
    return accepted;
}

std::unique_ptr<websocket::connection_handler>
serving::record(std::unique_ptr<websocket::connection_handler> client) {
    auto notes = std::make_shared<connection_notes>(env_, *recorder_, message_form::session_frame,
                                                    connection_notes::bounds());
    return std::make_unique<recorded_handler>(std::move(notes), recorded_handler::named_by::welcome,
                                              std::move(client));
}

/// Nothing where attempts from the address don't count.
websocket::rate_limit* serving::attempts_of_address(const websocket::request& request) {
    bool counts = !request.loopback || options_.limits.listener.bounds_loopback;
    return counts ? &address_attempts_ : nullptr;
}

std::vector<metric> serving::metrics() const {
    using kind = metric::kind;
    auto held = sessions_.count_bytes();
    auto lag = std::chrono::duration<double>(turns_.commit_wait()).count();
    return {{"rejoinder_sessions", kind::gauge, "Sessions in memory.",
             static_cast<double>(sessions_.live_sessions())},
            {"rejoinder_session_bytes", kind::gauge,
             "Estimate of what these sessions hold in memory; errs upwards.",
             static_cast<double>(held.sessions)},
            {"rejoinder_outbox_bytes", kind::gauge, "Bytes that wait to be written to attached clients.",
             static_cast<double>(held.outboxes)},
            {"rejoinder_resident_bytes", kind::gauge, "Resident set of the process.",
             static_cast<double>(memory_.resident())},
            {"rejoinder_commit_lag_seconds", kind::gauge, "What a commit of a session would wait now.", lag},
            {"rejoinder_turns_refused_total", kind::counter, "Turns rejected because commits lagged.",
             static_cast<double>(turns_.refused())}};
}

void serving::begin_drain(milliseconds grace) {
    housekeeping_.stop();
    timers_.stop();
    // Clients that leave must find a server that takes them; what this one still commits is fenced.
    tasks_.spawn(lease_.give_up());
    sessions_.begin_drain(grace * 6 / 10, grace);
}

task<> serving::finish() {
    watch_.stop();
    memory_.stop();
    co_await tasks_.join();
    co_await sessions_.close();
}

} // namespace rejoinder::service
