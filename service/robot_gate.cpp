#include "service/robot_gate.hpp"

#include "persistence/hash.hpp"
#include "service/credentials/credentials.hpp"
#include "service/recording/recorded_handler.hpp"
#include "websocket/counted_network.hpp"
#include "websocket/plain_answer.hpp"

#include <memory>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::size_t remembered_devices = 10'000;
constexpr std::size_t max_token = 8192;

} // namespace

robot_gate::robot_gate(robot_house_rules rules, const std::vector<robot_token>& tokens, unknown_robots others)
    : rules_(std::move(rules)),
      others_(others),
      rate_(rules_.limits.robot_connections_per_minute, rules_.limits.robot_connections_per_minute,
            remembered_devices) {
    for (const auto& known : tokens)
        devices_.emplace(sha256_hex(known.token), device_id{known.device});
}

bool robot_gate::is_robot_path(std::string_view path) noexcept {
    return path == "/v1/listen" || path == "/listen" || path == "/v1/proactive" || path == "/proactive";
}

websocket::routing robot_gate::admit(const websocket::request& request,
                                     websocket::rate_limit* address_attempts) {
    static constexpr std::string_view scheme = "Bearer ";
    auto address = websocket::counted_network(request.peer_address);
    auto now = rules_.env.steady_now();
    if (auto wait = address_attempts ? address_attempts->attempt(address, now) : milliseconds(0);
        wait > milliseconds(0))
        return websocket::plain_answer(429, "this address connects too often and asks nothing", wait);
    const auto& given = request.authorization;
    if (!given || !given->starts_with(scheme) || given->size() == scheme.size() || given->size() > max_token)
        return websocket::plain_answer(401, "a robot names itself with Authorization: Bearer <token>");
    auto device = device_of(std::string_view(*given).substr(scheme.size()));
    if (!device) return websocket::plain_answer(401, "this robot is not known here");

    auto place = open_.take(device->text, rules_.limits.robot_connections);
    if (!place)
        return websocket::plain_answer(429, "this robot has too many connections open", milliseconds(1000));
    if (auto wait = rate_.attempt(device->text, now); wait > milliseconds(0))
        return websocket::plain_answer(429, "this robot connects too often", wait);

    auto forgive = [address_attempts, address] {
        if (address_attempts) address_attempts->forgive(address);
    };
    auto carrier =
        std::make_unique<robot_carrier>(rules_, account_id{std::string(credentials::local_account)},
                                        std::move(*device), std::move(*place), std::move(forgive));
    websocket::accept_upgrade accepted;
    accepted.handler = record(std::move(carrier));
    accepted.limits = robot_connection_limits(rules_.limits);
    return accepted;
}

/// Where robots are recorded, with a recorder in front.
std::unique_ptr<websocket::connection_handler>
robot_gate::record(std::unique_ptr<robot_carrier> carrier) const {
    // Three minutes of sound, a frame a second, may pass before anything is asked.
    static constexpr connection_notes::bounds kept{256, 64 << 10};
    if (!rules_.recording) return carrier;
    auto notes =
        std::make_shared<connection_notes>(rules_.env, *rules_.recording, message_form::robot_frame, kept);
    carrier->on_session([notes](const session_id& session) { notes->is_of(session); });
    return std::make_unique<recorded_handler>(notes, recorded_handler::named_by::others, std::move(carrier));
}

std::optional<device_id> robot_gate::device_of(std::string_view token) const {
    auto digest = sha256_hex(token);
    auto known = devices_.find(digest);
    if (known != devices_.end()) return known->second;
    if (others_ == unknown_robots::refused) return std::nullopt;
    return device_id{"robot-" + digest.substr(0, 16)};
}

} // namespace rejoinder::service
