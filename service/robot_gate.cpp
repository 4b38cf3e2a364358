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

constexpr std::size_t max_token = 8192;

} // namespace

robot_gate::robot_gate(robot_house_rules rules, const std::vector<robot_token>& tokens, unknown_robots others,
                       robot_bounds* bounds)
    : rules_(std::move(rules)),
      others_(others),
      own_bounds_(rules_.limits),
      bounds_(bounds ? *bounds : own_bounds_) {
    for (const auto& known : tokens)
        devices_.emplace(sha256_hex(known.token), device_id{known.device});
}

bool robot_gate::is_robot_path(std::string_view path) noexcept {
    return path == "/v1/listen" || path == "/listen" || path == "/v1/proactive" || path == "/proactive";
}

websocket::routing robot_gate::admit(const websocket::request& request,
                                     websocket::rate_limit* address_attempts) {
    auto checked = check(request, address_attempts);
    if (auto* refused = std::get_if<websocket::http_response>(&checked)) return std::move(*refused);
    websocket::accept_upgrade accepted;
    accepted.handler = receive(std::move(std::get<admitted_robot>(checked)));
    accepted.limits = limits();
    return accepted;
}

std::variant<admitted_robot, websocket::http_response>
robot_gate::check(const websocket::request& request, websocket::rate_limit* address_attempts) {
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

    auto place = bounds_.open.take(device->text, rules_.limits.robot_connections);
    if (!place)
        return websocket::plain_answer(429, "this robot has too many connections open", milliseconds(1000));
    if (auto wait = bounds_.rate.attempt(device->text, now); wait > milliseconds(0))
        return websocket::plain_answer(429, "this robot connects too often", wait);

    auto forgive = [address_attempts, address] {
        if (address_attempts) address_attempts->forgive(address);
    };
    return admitted_robot{std::move(*device), std::move(*place), std::move(forgive)};
}

std::unique_ptr<websocket::connection_handler> robot_gate::receive(admitted_robot who) const {
    auto account = account_id{std::string(credentials::local_account)};
    return record(std::make_unique<robot_carrier>(rules_, std::move(account), std::move(who.device),
                                                  std::move(who.place), std::move(who.was_useful)));
}

persistence::robot_conversation robot_gate::conversation_of(const device_id& device) const {
    return {account_id{std::string(credentials::local_account)}, device, rules_.machine};
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
