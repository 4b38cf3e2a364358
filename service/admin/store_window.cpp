#include "service/admin/store_window.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "service/admin/store_calls.hpp"
#include "websocket/plain_answer.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace rejoinder::service::admin {
namespace {

using persistence::document;
using websocket::close_code;
using websocket::plain_answer;

constexpr std::size_t most_windows = 4;

/// What a connection and the call that it has made share: either may end first.
struct window_state {
    websocket::connection* peer = nullptr;
    bool busy = false;
};

task<> answer(std::shared_ptr<window_state> state, persistence::database* in, document call) {
    std::string said;
    std::string_view refusal;
    try {
        auto carrying = carry_out(in, std::move(call));
        said = persistence::to_line(co_await std::move(carrying));
    } catch (const bad_call&) {
        refusal = "a call that is not understood";
    } catch (const std::exception& defect) {
        log::error("command_failed", {{"what", defect.what()}});
        refusal = "a call that failed";
    }
    state->busy = false;
    if (!state->peer) co_return;
    if (refusal.empty())
        state->peer->send(std::move(said));
    else
        state->peer->close(close_code::policy, refusal);
}

class store_window final : public websocket::connection_handler {
public:
    store_window(persistence::database& in, task_group& tasks, std::size_t& open)
        : database_(in), tasks_(tasks), open_(open) {
        ++open_;
    }
    ~store_window() override { --open_; }

    void on_open(websocket::connection& peer) override { state_->peer = &peer; }
    void on_text(std::string_view text) override {
        auto call = persistence::from_line(text);
        if (state_->busy || !call || !call->is_object()) {
            state_->peer->close(close_code::policy, "one call at a time, each a JSON object");
            return;
        }
        state_->busy = true;
        tasks_.spawn(answer(state_, &database_, std::move(*call)));
    }
    void on_too_big(std::size_t) override { state_->peer->close(close_code::too_big, "a call is too large"); }
    void on_closed(const websocket::closed&) override { state_->peer = nullptr; }

private:
    persistence::database& database_;
    task_group& tasks_;
    std::size_t& open_;
    std::shared_ptr<window_state> state_ = std::make_shared<window_state>();
};

websocket::connection_limits window_limits() noexcept {
    websocket::connection_limits limits;
    limits.message = limits.message_hard = limits.outbox_bytes = largest_call;
    // A command asks as fast as it is answered.
    limits.messages_per_second = limits.message_burst = 1e9;
    limits.fragments = largest_call;
    return limits;
}

} // namespace

store_windows::store_windows(environment& env, persistence::database& database, task_group& tasks)
    : env_(env), database_(database), tasks_(tasks) {}

const std::string& store_windows::token() {
    if (token_.empty()) token_ = make_secret(env_);
    return token_;
}

websocket::routing store_windows::admit(const websocket::request& request) {
    bool known = !token_.empty() && request.authorization &&
                 equal_in_constant_time(*request.authorization, "Bearer " + token_);
    if (!known || request.origin) return plain_answer(401, "commands of this machine come here with a token");
    if (std::ranges::find(request.subprotocols, store_subprotocol()) == request.subprotocols.end())
        return plain_answer(400, "the server is of another version; it speaks " + store_subprotocol());
    if (open_ >= most_windows) return plain_answer(503, "enough commands are at work", milliseconds(1000));
    log::info("command_admitted", {});
    websocket::accept_upgrade accepted;
    accepted.handler = std::make_unique<store_window>(database_, tasks_, open_);
    accepted.limits = window_limits();
    accepted.subprotocol = store_subprotocol();
    return accepted;
}

} // namespace rejoinder::service::admin
