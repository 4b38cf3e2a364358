#include "service/branch.hpp"

#include "persistence/loops.hpp"
#include "websocket/plain_answer.hpp"

#include <utility>
#include <variant>

namespace rejoinder::service {

using websocket::close_code;

namespace {

/// Hears nothing: its connection goes on elsewhere before.
class passage final : public websocket::connection_handler {
public:
    passage(std::shared_ptr<websocket::landing> there, websocket::handler_maker make)
        : there_(std::move(there)), make_(std::move(make)) {}

    void on_open(websocket::connection& peer) override {
        if (!peer.move_to(std::move(there_), std::move(make_))) peer.abort();
    }
    void on_text(std::string_view) override {}
    void on_closed(const websocket::closed&) override {}

private:
    std::shared_ptr<websocket::landing> there_;
    websocket::handler_maker make_;
};

/// For who arrives when nobody is served any more.
class farewell final : public websocket::connection_handler {
public:
    void on_open(websocket::connection& peer) override {
        peer.close(close_code::drained, "the sessions of this server have ended; come back later");
    }
    void on_text(std::string_view) override {}
    void on_closed(const websocket::closed&) override {}
};

} // namespace

std::unique_ptr<websocket::connection_handler> make_passage(std::shared_ptr<websocket::landing> there,
                                                            websocket::handler_maker make) {
    return std::make_unique<passage>(std::move(there), std::move(make));
}

void branch::begin(serving& whole) {
    share_place place{env_, where_, answers_};
    if (where_.loops() > 1) place.to_others = this;
    share_ = whole.make_share(place);
    takes_in_ = true;
}

websocket::routing branch::admit_session(const websocket::request& request) {
    return share_->admit_session(request);
}

websocket::routing branch::admit_robot(const websocket::request& request) {
    auto* attempts = share_->attempts_of_address(request);
    if (where_.loops() == 1) return share_->robots().admit(request, attempts);
    auto checked = share_->robots().check(request, attempts);
    if (auto* refused = std::get_if<websocket::http_response>(&checked)) return std::move(*refused);
    return websocket::later{place_robot(std::move(std::get<admitted_robot>(checked)))};
}

/// Whoever ends the sessions waits for it: the store must not go meanwhile.
class branch::look_up {
public:
    explicit look_up(branch& at) noexcept : at_(at) { ++at_.look_ups_; }
    look_up(const look_up&) = delete;
    look_up& operator=(const look_up&) = delete;
    ~look_up() {
        if (--at_.look_ups_ == 0) at_.looked_up_.notify();
    }

private:
    branch& at_;
};

/// A robot is let in here, and its connection goes to the loop of its dialogue before it is read from.
task<websocket::decided> branch::place_robot(admitted_robot who) {
    look_up under_way(*this);
    auto finding = share_->home_of_robot(who.device);
    auto home = co_await std::move(finding);
    if (!is_serving()) co_return websocket::plain_answer(503, "come back later", milliseconds(5000));
    websocket::accept_upgrade accepted;
    accepted.limits = share_->robots().limits();
    if (home == index()) {
        accepted.handler = receive_robot(std::move(who));
        co_return accepted;
    }
    auto* there = others_[home].get();
    auto held = std::make_shared<admitted_robot>(std::move(who));
    auto make = [there, held] { return there->receive_robot(std::move(*held)); };
    accepted.handler = make_passage(there->clients()->as_landing(), std::move(make));
    co_return accepted;
}

std::unique_ptr<websocket::connection_handler> branch::receive_robot(admitted_robot who) {
    if (!is_serving()) return std::make_unique<farewell>();
    return share_->robots().receive(std::move(who));
}

std::unique_ptr<websocket::connection_handler> branch::receive_client(const std::string& address,
                                                                      bool bounded, baggage what) {
    if (!is_serving()) return std::make_unique<farewell>();
    return share_->receive_client(address, bounded, what);
}

bool branch::take_home(const session_id& session, websocket::connection& peer, const std::string& address,
                       bool bounded, baggage what) {
    auto home = where_.home_of(session);
    if (home == index()) return false;
    auto* there = others_[home].get();
    auto make = [there, address, bounded, what] { return there->receive_client(address, bounded, what); };
    peer.move_to(there->clients()->as_landing(), std::move(make));
    return true;
}

void branch::begin_drain(milliseconds grace) {
    if (share_) share_->begin_drain(grace);
}

task<> branch::turn_out(std::string reason, milliseconds grace) {
    takes_in_ = false;
    co_await clients_->turn_out(close_code::drained, reason, grace);
}

task<> branch::close(std::string reason, milliseconds grace) {
    takes_in_ = false;
    if (clients_) co_await clients_->close(close_code::drained, reason, grace);
}

task<> branch::finish() {
    if (!share_) co_return;
    while (look_ups_ > 0)
        co_await looked_up_.wait();
    co_await share_->finish();
    share_.reset();
}

} // namespace rejoinder::service
