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

constexpr auto metrics_path = "/metrics";
constexpr auto nothing_here = "there is nothing at this path";
constexpr auto upgrade_needed = "this path speaks WebSocket";

/// Whether a command may have sent it: those of this machine come by the loopback interface, or by the
/// address that the server listens on.
bool comes_from_here(const websocket::request& request, const std::string& listening_at) {
    std::string host;
    std::uint16_t ignored = 0;
    return request.loopback || (split_address(listening_at, host, ignored) && request.peer_address == host);
}

std::string url_of(const std::string& listening_at, const websocket::listener& there, std::string_view path) {
    auto host = listening_at.substr(0, listening_at.rfind(':'));
    return "ws://" + host + ":" + std::to_string(there.port()) + std::string(path);
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
    auto opened = open_at(options_.listen, open, [this](const auto& request) { return route(request); });
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    if (!options_.admin_listen.empty()) {
        auto commands = open_at(options_.admin_listen, open,
                                [this](const auto& request) { return route_command(request); });
        if (!commands) return commands.error();
        command_listener_ = std::move(*commands);
    }
    begin_serving();
    return {};
}

result<std::unique_ptr<websocket::listener>> server::open_at(const std::string& address,
                                                             const websocket::listener_opener& open,
                                                             websocket::router route) const {
    websocket::listener_options options;
    options.limits = options_.limits.listener;
    for (const auto& proxy : options_.trusted_proxies)
        if (!options.proxies.add(proxy)) return make_error_code(boost::system::errc::invalid_argument);
    if (!split_address(address, options.host, options.port))
        return make_error_code(boost::system::errc::invalid_argument);
    return open(env_, options, std::move(route));
}

void server::begin_serving() {
    serving_ =
        std::make_unique<serving>(env_, *store_.now(), machines_, options_, access_, recorder_, answers_);
    serving_->begin();
    note_.emplace(store_.where(), for_commands());
    phase_ = phase::serving;
}

std::string server::url() const {
    return url_of(options_.listen, *listener_, protocol::path);
}

admin::serving_place server::for_commands() {
    auto url = command_listener_ ? url_of(options_.admin_listen, *command_listener_, admin::store_path)
                                 : url_of(options_.listen, *listener_, admin::store_path);
    return {std::move(url), windows_.token()};
}

/// For whom comes while nothing is served; empty otherwise.
std::string_view server::why_closed() const noexcept {
    if (draining_) return "the server is shutting down";
    if (phase_ != phase::serving) return "a command has the store; the server goes on when it is done";
    return {};
}

websocket::routing server::route(const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return readiness();
    if (request.path == metrics_path && !command_listener_ && comes_from_here(request, options_.listen))
        return metrics();
    bool session = request.path == protocol::path;
    bool echo = options_.echo && request.path == "/v1/echo";
    bool robot = robot_gate::is_robot_path(request.path) && machines_.find(options_.robot_machine);
    bool command = !command_listener_ && request.path == admin::store_path;
    if (!session && !echo && !robot && !command) return plain_answer(404, nothing_here);
    if (command) return admit_command(request, options_.listen);
    if (!request.upgrade) return plain_answer(426, upgrade_needed);
    if (auto why = why_closed(); !why.empty()) return plain_answer(503, std::string(why), milliseconds(5000));
    if (robot) return serving_->admit_robot(request);
    if (session) return serving_->admit_session(request);
    if (serving_->refuses_new())
        return plain_answer(503, "the server is short of memory", milliseconds(5000));
    websocket::accept_upgrade accepted;
    accepted.handler = websocket::make_echo();
    accepted.limits = websocket::echo_limits();
    return accepted;
}

/// On the listener that is for commands only; who looks after the server may look here as well.
websocket::routing server::route_command(const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return readiness();
    if (request.path == metrics_path) return metrics();
    if (request.path != admin::store_path) return plain_answer(404, nothing_here);
    return admit_command(request, options_.admin_listen);
}

websocket::routing server::admit_command(const websocket::request& request, const std::string& listening_at) {
    if (!request.upgrade) return plain_answer(426, upgrade_needed);
    if (auto why = why_closed(); !why.empty()) return plain_answer(503, std::string(why), milliseconds(5000));
    if (!comes_from_here(request, listening_at)) return plain_answer(404, nothing_here);
    return windows_.admit(request);
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

websocket::http_response server::metrics() const {
    std::vector<metric> figures;
    if (serving_) figures = serving_->metrics();
    figures.push_back({"rejoinder_connections", metric::kind::gauge, "Open connections, commands' included.",
                       static_cast<double>(open_connections())});
    auto answer = plain_answer(200, to_prometheus(figures));
    answer.content_type = prometheus_content_type;
    return answer;
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
        return phase_ == phase::leaving ? listener_->guests() == 0 : !serving_ || open_connections() == 0;
    };
    auto waiting = wait_until(all_left, env_.steady_now() + grace);
    co_await std::move(waiting);
    co_await close_listeners();
    co_await tasks_.join();
    if (serving_) co_await serving_->finish();
    serving_.reset();
    note_.reset();
}

std::size_t server::open_connections() const noexcept {
    return listener_->open_connections() + (command_listener_ ? command_listener_->open_connections() : 0);
}

task<> server::close_listeners() {
    static constexpr auto why = "the server is shutting down";
    if (command_listener_) command_listener_->stop_accepting();
    co_await listener_->close(websocket::close_code::drained, why, parting_time);
    if (command_listener_)
        co_await command_listener_->close(websocket::close_code::drained, why, parting_time);
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
