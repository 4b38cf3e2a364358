#include "service/admin/loan.hpp"

#include "persistence/document.hpp"
#include "persistence/error.hpp"
#include "service/admin/store_calls.hpp"

#include <cstdint>
#include <utility>

namespace rejoinder::service::admin {

/// A server closes with it when something of its own has thrown.
constexpr auto failed_call = static_cast<std::uint16_t>(websocket::close_code::policy);

task<result<std::unique_ptr<loan>>> borrow(environment* env, serving_place at, std::string* why,
                                           command_dialer dial) {
    auto connecting = connect_command(env, std::move(at), why, std::move(dial));
    auto connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    auto& server = **connected;
    server.send(persistence::to_line({{"call", lend_call}}));
    auto receiving = server.receive(command_patience);
    auto answer = co_await std::move(receiving);
    auto said = answer ? persistence::from_line(*answer) : std::nullopt;
    if (said && said->contains("ok")) co_return std::make_unique<loan>(std::move(*connected));
    if (answer)
        *why = "it is about to end, or another command is at work";
    else if (const auto& closed = server.closed_with(); closed && closed->code == failed_call)
        *why = "it could not end its sessions and close the store; its log says why";
    else
        *why = "it has ended";
    auto closing = server.close();
    co_await std::move(closing);
    co_return persistence::errc::unavailable;
}

} // namespace rejoinder::service::admin
