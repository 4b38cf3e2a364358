#include "service/server.hpp"

#include "persistence/log.hpp"
#include "persistence/log_failure.hpp"
#include "service/admin/store_calls.hpp"
#include "websocket/echo.hpp"
#include "websocket/plain_answer.hpp"
#include "websocket/protocol/frames.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::plain_answer;

namespace {

/// Between two attempts to open a store that a command has left.
constexpr milliseconds reopening_pause(1000);

/// What is left of the connections when time is up gets so long for its goodbye.
constexpr milliseconds parting_time(2000);

void log_task_error(std::exception_ptr error) {
    log_failure("server_task_failed", std::move(error));
}

websocket::http_response not_ready(const std::string& code, const std::string& message) {
    auto response = plain_answer(503, to_text({{"code", code}, {"message", message}}));
    response.content_type = "application/json";
    return response;
}

} // namespace

bool split_address(const std::string& text, std::string& host, std::uint16_t& port) {
    auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return false;
    host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const auto* begin = text.data() + colon + 1;
    const auto* end = text.data() + text.size();
    auto [last, problem] = std::from_chars(begin, end, port);
    return problem == std::errc() && last == end && begin != end;
}

bool is_loopback(const std::string& host) {
    // A name may begin like an address and belong to anybody.
    error_code no_address;
    auto address = boost::asio::ip::make_address(host, no_address);
    return host == "localhost" || (!no_address && address.is_loopback());
}

server::server(environment& env, store_keeper& store, machine_catalog machines, const config& options,
               credentials::access access, recorder* recording, responder* answers)
    : env_(env),
      store_(store),
      options_(options),
      access_(std::move(access)),
      recorder_(recording),
      answers_(answers),
      machines_(std::move(machines)),
      ending_(env.get_executor()),
      tasks_(env.get_executor(), log_task_error),
      windows_(env, *this, tasks_) {}

server::~server() = default;

result<void> server::listen(const websocket::listener_opener& open) {
    websocket::listener_options options;
    options.limits = options_.limits.listener;
    for (const auto& proxy : options_.trusted_proxies)
        if (!options.proxies.add(proxy)) return make_error_code(boost::system::errc::invalid_argument);
    if (!split_address(options_.listen, options.host, options.port))
        return make_error_code(boost::system::errc::invalid_argument);
    auto opened = open(env_, options, [this](const auto& request) { return route(request); });
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    begin_serving();
    return {};
}

void server::begin_serving() {
    serving_ =
        std::make_unique<serving>(env_, *store_.now(), machines_, options_, access_, recorder_, answers_);
    serving_->begin();
    note_.emplace(store_.where(), for_commands());
    phase_ = phase::serving;
}

std::string server::url() const {
    return base_url() + std::string(protocol::path);
}

admin::serving_place server::for_commands() {
    return {base_url() + std::string(admin::store_path), windows_.token()};
}

std::string server::base_url() const {
    auto host = options_.listen.substr(0, options_.listen.rfind(':'));
    return "ws://" + host + ":" + std::to_string(port());
}

/// For whom comes while nothing is served; empty otherwise.
std::string_view server::why_closed() const noexcept {
    if (draining_) return "the server is shutting down";
    if (phase_ != phase::serving) return "a command has the store; the server goes on when it is done";
    return {};
}

/// Whether a command may have sent it: those of this machine come by the loopback interface, or by the
/// address that the server listens on.
bool server::comes_from_here(const websocket::request& request) const {
    std::string host;
    std::uint16_t ignored = 0;
    return request.loopback ||
           (split_address(options_.listen, host, ignored) && request.peer_address == host);
}

websocket::routing server::route(const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return readiness();
    bool session = request.path == protocol::path;
    bool echo = options_.echo && request.path == "/v1/echo";
    bool robot = robot_gate::is_robot_path(request.path) && machines_.find(options_.robot_machine);
    bool command = request.path == admin::store_path;
    if (!session && !echo && !robot && !command) return plain_answer(404, "there is nothing at this path");
    if (!request.upgrade) return plain_answer(426, "this path speaks WebSocket");
    if (auto why = why_closed(); !why.empty()) return plain_answer(503, std::string(why), milliseconds(5000));
    if (command && !comes_from_here(request)) return plain_answer(404, "there is nothing at this path");
    if (command) return windows_.admit(request);
    if (robot) return serving_->admit_robot(request);
    if (session) return serving_->admit_session(request);
    websocket::accept_upgrade accepted;
    accepted.handler = websocket::make_echo();
    accepted.limits = websocket::echo_limits();
    return accepted;
}

websocket::http_response server::readiness() const {
    if (draining_) return not_ready("server.draining", "The server is shutting down.");
    if (phase_ != phase::serving)
        return not_ready("store.lent", "A command has the database; the server goes on when it is done.");
    auto health = store_.now()->health();
    if (health == persistence::store_health::usable)
        return serving_->readable() ? plain_answer(200, "ready")
                                    : not_ready("store.unreadable", "The database does not answer.");
    return not_ready("store." + std::string(to_string(health)),
                     "The database takes no changes; its log says why.");
}

template <class IsDone>
task<> server::wait_until(IsDone is_done, steady_time until) {
    signal look(env_.get_executor());
    timer poll(env_);
    while (!is_done() && env_.steady_now() < until) {
        poll.arm(std::min(until, env_.steady_now() + milliseconds(100)), [&look] { look.notify(); });
        co_await look.wait();
    }
}

task<> server::drain(milliseconds grace) {
    draining_ = true;
    ending_.notify();
    // Where a command is about to get the store, clients have their slots already.
    if (serving_ && phase_ != phase::leaving) serving_->begin_drain(grace);
    auto all_left = [this] {
        return phase_ == phase::leaving ? listener_->guests() == 0
                                        : !serving_ || listener_->open_connections() == 0;
    };
    auto waiting = wait_until(all_left, env_.steady_now() + grace);
    co_await std::move(waiting);
    co_await listener_->close(websocket::close_code::drained, "the server is shutting down", parting_time);
    co_await tasks_.join();
    if (serving_) co_await serving_->finish();
    serving_.reset();
    note_.reset();
}

task<bool> server::lend() {
    if (draining_ || phase_ != phase::serving) co_return false;
    phase_ = phase::leaving;
    log::info("store_lending", {{"sessions", live_sessions()}});
    try {
        auto stopping = stop_serving(options_.limits.drain);
        co_await std::move(stopping);
    } catch (...) {
        take_back();
        throw;
    }
    phase_ = phase::lent;
    log::info("store_lent", {});
    co_return true;
}

task<std::string> server::settle_recordings() {
    if (!recorder_) co_return "";
    co_await recorder_->settle(env_.get_executor());
    co_return std::filesystem::absolute(recorder_->folder()).string(); // a command stands in another folder
}

/// Tells clients when to come back, ends the sessions and closes the store; goes on with what is left of that
/// where it was broken off.
task<> server::stop_serving(milliseconds grace) {
    note_.reset();
    if (serving_) {
        serving_->begin_drain(grace);
        auto all_left = [this] { return listener_->guests() == 0; };
        auto waiting = wait_until(all_left, env_.steady_now() + grace);
        co_await std::move(waiting);
        co_await listener_->turn_out(websocket::close_code::drained, "a command has the store", parting_time);
        co_await serving_->finish();
        serving_.reset();
    }
    co_await store_.close();
}

void server::take_back() {
    phase_ = phase::opening;
    tasks_.spawn(open_again());
}

/// Tries until it succeeds: the command may have left a store that needs a look, or another one may have it.
task<> server::open_again() {
    timer alarm(env_);
    for (std::string said; !draining_;) {
        auto why = co_await try_to_serve();
        if (why.empty()) co_return;
        if (std::exchange(said, why) != why) log::error("store_not_opened", {{"why", why}});
        alarm.arm_after(reopening_pause, [this] { ending_.notify(); });
        co_await ending_.wait();
    }
}

/// Opens the store and serves it; else a sentence that says why not. What an attempt or a loan that failed
/// has left half done is ended first.
task<std::string> server::try_to_serve() {
    std::string why;
    try {
        auto stopping = stop_serving(milliseconds(0));
        co_await std::move(stopping);
        auto opening = store_.open_again(env_.get_executor(), &why);
        auto opened = co_await std::move(opening);
        if (!opened && why.empty()) why = opened.error().message();
        if (!opened || draining_) co_return why;
        begin_serving();
        log::info("store_returned", {{"incarnation", store_.now()->incarnation()}});
    } catch (const std::exception& failure) {
        why = failure.what();
    }
    co_return why;
}

} // namespace rejoinder::service
