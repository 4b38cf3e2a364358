#include "service/admin/recordings.hpp"

#include "persistence/document.hpp"
#include "persistence/error.hpp"
#include "service/admin/store_calls.hpp"

#include <utility>

namespace rejoinder::service::admin {

task<result<std::string>> ask_for_recordings(environment* env, serving_place at, std::string* why,
                                             command_dialer dial) {
    auto connecting = connect_command(env, std::move(at), why, std::move(dial));
    auto connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    auto& server = **connected;
    server.send(persistence::to_line({{"call", recordings_call}}));
    auto receiving = server.receive(command_patience);
    auto answer = co_await std::move(receiving);
    auto said = answer ? persistence::from_line(*answer) : std::nullopt;
    auto closing = server.close();
    co_await std::move(closing);
    if (said && said->contains("ok")) co_return said->at("ok").get<std::string>();
    *why = "it does not answer";
    co_return persistence::errc::unavailable;
}

} // namespace rejoinder::service::admin
