#include "service/share.hpp"

#include "persistence/log_failure.hpp"
#include "service/credentials/origins.hpp"
#include "service/recording/recorded_handler.hpp"
#include "websocket/plain_answer.hpp"
#include "websocket/protocol/frames.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::plain_answer;

namespace {

void log_task_error(std::exception_ptr error) {
    log_failure("serving_task_failed", std::move(error));
}

/// A dialogue that has not begun is its name's. One that begins anew does so where it was, so all connections
/// of a robot find the same loop; were the store's answer another one in between, the registry there has
/// nothing to do with that session, and the robot connects again.
task<std::size_t> find_home(persistence::database* store, persistence::robot_conversation of,
                            placement where) {
    auto name = of.account.text + "/" + of.device.text + "/" + of.machine;
    persistence::robot_sessions index(*store);
    auto loading = index.load(std::move(of));
    auto entry = co_await std::move(loading);
    co_return entry ? where.home_of(entry->session) : where.home_of(name);
}

} // namespace

share::share(share_house house, share_place place)
    : house_(house),
      place_(place),
      verifier_(credentials::make_verifier(place.env, house.database, house.access)),
      turns_(place.env, house.options.limits),
      sessions_({place.env, store_of_sessions(), house.options.limits, place.env.utc_now(), place.answers,
                 &turns_.lag()},
                house.machines,
                place.leases ? place.leases
                             : &own_leases_.emplace(place.env, house.database, house.options.limits),
                place.where, &house.bounds.live_sessions),
      tasks_(place.env.get_executor(), log_task_error),
      endpoints_(make_endpoint_house(&house.bounds.addresses)),
      trusted_endpoints_(make_endpoint_house(nullptr)),
      robots_(
          {place.env, sessions_, house.options.limits, house.options.robot_machine, tasks_, house.recording},
          house.options.robot_tokens,
          house.access.has_credentials() ? unknown_robots::refused : unknown_robots::welcome,
          &house.bounds.robots) {}

persistence::database& share::store_of_sessions() {
    if (!house_.recording) return house_.database;
    return recorded_.emplace(house_.database, *house_.recording, house_.machines);
}

endpoint_house share::make_endpoint_house(websocket::rate_limit* of_addresses) {
    auto& bounds = house_.bounds;
    endpoint_house house{place_.env,       sessions_,       house_.options.limits, *verifier_,
                         bounds.strangers, bounds.attempts, bounds.unattached,     bounds.attached,
                         tasks_,           of_addresses};
    // Without credentials everybody is one account.
    if (house_.access.has_credentials()) house.accounts = &bounds.accounts;
    house.turns = &turns_;
    house.to_others = place_.to_others;
    return house;
}

websocket::routing share::admit_session(const websocket::request& request) {
    const auto& limits = house_.options.limits;
    if (house_.bounds.unattached >= limits.unattached)
        return plain_answer(503, "too many connections have not said hello yet", milliseconds(1000));
    // A browser sends its page's origin. Without credentials any page could talk to this server, so none may;
    // with them those may that the operator lists.
    if (request.origin && !credentials::is_listed_origin(house_.access.origins, *request.origin))
        return plain_answer(403, "pages of this origin are not served here");
    if (std::ranges::find(request.subprotocols, protocol::subprotocol) == request.subprotocols.end())
        return plain_answer(400, "the subprotocol rejoinder.v1 is spoken here");
    websocket::accept_upgrade accepted;
    accepted.handler = receive_client(request.peer_address, bounds_address(request));
    accepted.limits = limits.connection;
    accepted.subprotocol = protocol::subprotocol;
    return accepted;
}

std::unique_ptr<websocket::connection_handler> share::receive_client(const std::string& address, bool bounded,
                                                                     baggage what) {
    const auto& house = bounded ? endpoints_ : trusted_endpoints_;
    return record(std::make_unique<session_endpoint>(house, address, what));
}

/// Where sessions are recorded, with a recorder in front.
std::unique_ptr<websocket::connection_handler>
share::record(std::unique_ptr<websocket::connection_handler> client) {
    if (!house_.recording) return client;
    auto notes = std::make_shared<connection_notes>(place_.env, *house_.recording,
                                                    message_form::session_frame, connection_notes::bounds());
    return std::make_unique<recorded_handler>(std::move(notes), recorded_handler::named_by::welcome,
                                              std::move(client));
}

bool share::bounds_address(const websocket::request& request) const {
    return !request.loopback || house_.options.limits.listener.bounds_loopback;
}

/// Nothing where they don't count.
websocket::rate_limit* share::attempts_of_address(const websocket::request& request) {
    return bounds_address(request) ? &house_.bounds.addresses : nullptr;
}

task<std::size_t> share::home_of_robot(const device_id& device) const {
    return find_home(&house_.database, robots_.conversation_of(device), place_.where);
}

share::figures share::look() const {
    return {sessions_.live_sessions(), sessions_.count_bytes(), turns_.commit_wait(), turns_.refused()};
}

void share::begin_drain(milliseconds grace) {
    sessions_.begin_drain(grace * 6 / 10, grace);
}

task<> share::finish() {
    co_await tasks_.join();
    co_await sessions_.close();
}

} // namespace rejoinder::service
