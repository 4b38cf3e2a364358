#include "service/admin/command_link.hpp"

#include "service/admin/store_calls.hpp"

#include <utility>

namespace rejoinder::service::admin {

task<result<std::unique_ptr<websocket::client>>> connect_command(environment* env, serving_place at,
                                                                 std::string* why, command_dialer dial) {
    websocket::client_options options;
    options.url = at.url;
    options.subprotocol = store_subprotocol();
    options.headers = {{"Authorization", "Bearer " + at.token}};
    options.limits.message = options.limits.message_hard = options.limits.outbox_bytes = largest_call;
    options.limits.message_deadline = command_patience;
    unsigned status = 0;
    auto connecting =
        dial ? dial(std::move(options), &status) : websocket::connect(*env, std::move(options), &status);
    auto connected = co_await std::move(connecting);
    if (!connected && status == 400) *why = "it is of another version; use the `rejoinder` that it runs";
    if (!connected && status != 0 && status != 400)
        *why = "it lets no command in (HTTP " + std::to_string(status) + ")";
    co_return connected;
}

} // namespace rejoinder::service::admin
