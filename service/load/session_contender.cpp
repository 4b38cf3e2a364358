#include "service/load/session_contender.hpp"

#include "persistence/ids.hpp"

#include <utility>

namespace rejoinder::service::load {

session_contender::session_contender(environment& env, const std::string& url, secret token,
                                     std::string machine, std::string text)
    : env_(env),
      client_(env, url, client_memory{"bench-" + make_ulid(env), "", "", "", 0, 0}, std::move(token)),
      machine_(std::move(machine)),
      text_(std::move(text)) {}

task<trouble> session_contender::begin() {
    auto welcome = co_await client_.attach(machine_, patience);
    if (!welcome) co_return end_of_connection(welcome.error().message());
    if (welcome->value("outcome", "") == "new") co_return "";
    co_return "the server answered " + welcome->value("outcome", "") + " " + welcome->value("reason", "");
}

task<trouble> session_contender::step() {
    json input = {{"text", text_}};
    client_.submit(make_ulid(env_), std::move(input));
    while (auto frame = co_await client_.receive(patience)) {
        auto kind = frame->value("kind", "");
        if (kind == "turn.done") co_return "";
        if (kind == "turn.failed") co_return "a turn failed: " + frame->at("data").value("message", "");
        auto type = frame->value("type", "");
        if (type == "rejected" || type == "error") co_return frame->value("message", "");
    }
    co_return end_of_connection("no answer in " + std::to_string(patience.count() / 1000) + " s");
}

/// The close code where there is one.
trouble session_contender::end_of_connection(std::string otherwise) const {
    auto code = client_.close_code();
    if (code == 0) return otherwise;
    return "the server closed the connection (code " + std::to_string(code) + ")";
}

} // namespace rejoinder::service::load
