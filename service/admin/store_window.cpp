#include "service/admin/store_window.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "persistence/mailbox.hpp"
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

/// A command that ends closes its connection a moment before the next one comes: for so long a loan waits
/// for the others to be gone.
constexpr milliseconds others_leave(2000);
constexpr milliseconds between_looks(10);

/// What a connection and the call that it has made share: either may end first.
struct window_state {
    explicit window_state(window_house& of) : house(of) { ++house.open; }
    window_state(const window_state&) = delete;
    window_state& operator=(const window_state&) = delete;
    ~window_state() { --house.open; }

    window_house& house;
    websocket::connection* peer = nullptr;
    bool busy = false;
    bool has_store = false;
};

bool asks_for(const document& call, std::string_view what) {
    auto name = call.find("call");
    return name != call.end() && *name == what;
}

/// Whether no other command is at work.
task<bool> is_alone(window_house* house) {
    signal look;
    timer next(house->env);
    auto until = house->env.steady_now() + others_leave;
    while (house->open > 1 && house->env.steady_now() < until) {
        next.arm_after(between_looks, [&look] { look.notify(); });
        co_await look.wait();
    }
    co_return house->open == 1;
}

task<document> lend(window_state* state) {
    auto alone = is_alone(&state->house);
    if (!co_await std::move(alone)) co_return refused(persistence::errc::unavailable);
    auto lending = state->house.owner.lend();
    if (!co_await std::move(lending)) co_return refused(persistence::errc::unavailable);
    state->has_store = true;
    co_return ok(nullptr);
}

task<document> settle_recordings(window_state* state) {
    auto settling = state->house.owner.settle_recordings();
    co_return ok(co_await std::move(settling));
}

task<document> carry(window_state* state, document call) {
    auto* store = state->house.owner.store();
    if (!store) throw bad_call("the store is lent");
    if (asks_for(call, lend_call)) return lend(state);
    if (asks_for(call, recordings_call)) return settle_recordings(state);
    return carry_out(store, std::move(call));
}

task<> answer(std::shared_ptr<window_state> state, document call) {
    std::string said;
    std::string_view refusal;
    try {
        auto carrying = carry(state.get(), std::move(call));
        said = persistence::to_line(co_await std::move(carrying));
    } catch (const bad_call&) {
        refusal = "a call that is not understood";
    } catch (const std::exception& defect) {
        log::error("command_failed", {{"what", defect.what()}});
        refusal = "a call that failed";
    }
    state->busy = false;
    if (!state->peer) {
        if (std::exchange(state->has_store, false)) state->house.owner.take_back();
    } else if (refusal.empty()) {
        state->peer->send(std::move(said));
    } else {
        state->peer->close(close_code::policy, refusal);
    }
}

class store_window final : public websocket::connection_handler {
public:
    explicit store_window(window_house& house) : state_(std::make_shared<window_state>(house)) {}

    void on_open(websocket::connection& peer) override { state_->peer = &peer; }
    void on_text(std::string_view text) override {
        auto call = persistence::from_line(text);
        if (state_->busy || !call || !call->is_object()) {
            state_->peer->close(close_code::policy, "one call at a time, each a JSON object");
            return;
        }
        state_->busy = true;
        state_->house.tasks.spawn(answer(state_, std::move(*call)));
    }
    void on_too_big(std::size_t) override { state_->peer->close(close_code::too_big, "a call is too large"); }
    void on_closed(const websocket::closed&) override {
        state_->peer = nullptr;
        if (std::exchange(state_->has_store, false)) state_->house.owner.take_back();
    }

private:
    std::shared_ptr<window_state> state_;
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

store_windows::store_windows(environment& env, store_owner& owner, task_group& tasks)
    : house_{env, owner, tasks} {}

const std::string& store_windows::token() {
    if (token_.empty()) token_ = make_secret(house_.env);
    return token_;
}

websocket::routing store_windows::admit(const websocket::request& request) {
    bool known = !token_.empty() && request.authorization &&
                 equal_in_constant_time(*request.authorization, "Bearer " + token_);
    if (!known || request.origin) {
        log::warning("command_refused", {{"address", request.peer_address}});
        return plain_answer(401, "commands of this machine come here with a token");
    }
    if (std::ranges::find(request.subprotocols, store_subprotocol()) == request.subprotocols.end())
        return plain_answer(400, "the server is of another version; it speaks " + store_subprotocol());
    if (house_.open >= most_windows)
        return plain_answer(503, "enough commands are at work", milliseconds(1000));
    log::info("command_admitted", {});
    websocket::accept_upgrade accepted;
    accepted.handler = std::make_unique<store_window>(house_);
    accepted.limits = window_limits();
    accepted.subprotocol = store_subprotocol();
    accepted.outlasts_guests = true;
    return accepted;
}

} // namespace rejoinder::service::admin
