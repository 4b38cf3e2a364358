#include "service/server.hpp"

#include "persistence/log_failure.hpp"
#include "service/admin/store_calls.hpp"
#include "websocket/echo.hpp"
#include "websocket/plain_answer.hpp"
#include "websocket/protocol/frames.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <exception>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::plain_answer;

namespace {

constexpr std::size_t remembered_devices = 10'000;

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

server::server(environment& env, persistence::database& database, machine_catalog machines,
               const config& options)
    : env_(env),
      database_(database),
      options_(options),
      machines_(std::move(machines)),
      attach_attempts_(options_.limits.attach_attempts_per_minute, options_.limits.attach_attempts_burst,
                       remembered_devices),
      sessions_({env, database, options_.limits}, machines_),
      watch_(env, database),
      housekeeping_(env, database, sessions_, options_.housekeeping),
      tasks_(env.get_executor(), log_task_error),
      robots_({env, sessions_, options_.limits, options_.robot_machine, tasks_}, options_.robot_tokens),
      windows_(env, database, tasks_) {}

result<void> server::listen() {
    websocket::listener_options options;
    options.limits = options_.limits.listener;
    if (!split_address(options_.listen, options.host, options.port))
        return make_error_code(boost::system::errc::invalid_argument);
    auto opened =
        websocket::open_listener(env_, options, [this](const auto& request) { return route(request); });
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    tasks_.spawn(watch_.run());
    tasks_.spawn(housekeeping_.run());
    return {};
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

websocket::routing server::route(const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return readiness();
    bool session = request.path == protocol::path;
    bool echo = options_.echo && request.path == "/v1/echo";
    bool robot = robot_gate::is_robot_path(request.path) && machines_.find(options_.robot_machine);
    bool command = request.path == admin::store_path;
    if (!session && !echo && !robot && !command) return plain_answer(404, "there is nothing at this path");
    if (!request.upgrade) return plain_answer(426, "this path speaks WebSocket");
    if (draining_) return plain_answer(503, "the server is shutting down", milliseconds(5000));
    if (session && unattached_ >= options_.limits.unattached)
        return plain_answer(503, "too many connections have not said hello yet", milliseconds(1000));
    if (echo) {
        websocket::accept_upgrade accepted;
        accepted.handler = websocket::make_echo();
        accepted.limits = websocket::echo_limits();
        return accepted;
    }
    if (robot) return robots_.admit(request);
    if (command) return windows_.admit(request);
    // A browser sends its page's origin: without credentials any page could talk to this server, so none may.
    if (request.origin) return plain_answer(403, "pages of browsers are not served here");
    if (std::ranges::find(request.subprotocols, protocol::subprotocol) == request.subprotocols.end())
        return plain_answer(400, "the subprotocol rejoinder.v1 is spoken here");

    endpoint_house house{env_, sessions_, options_.limits, attach_attempts_, unattached_, attached_, tasks_};
    websocket::accept_upgrade accepted;
    accepted.handler = std::make_unique<session_endpoint>(house, account_id{"local"});
    accepted.limits = options_.limits.connection;
    accepted.subprotocol = protocol::subprotocol;
    return accepted;
}

websocket::http_response server::readiness() const {
    auto store = database_.health();
    if (draining_) return not_ready("server.draining", "The server is shutting down.");
    if (store == persistence::store_health::usable)
        return watch_.readable() ? plain_answer(200, "ready")
                                 : not_ready("store.unreadable", "The database does not answer.");
    return not_ready("store." + std::string(to_string(store)),
                     "The database takes no changes; its log says why.");
}

task<> server::drain(milliseconds grace) {
    draining_ = true;
    housekeeping_.stop();
    sessions_.begin_drain(grace * 6 / 10, grace);

    signal left(env_.get_executor());
    timer poll(env_);
    auto until = env_.steady_now() + grace;
    while (listener_->open_connections() > 0 && env_.steady_now() < until) {
        poll.arm(std::min(until, env_.steady_now() + milliseconds(100)), [&left] { left.notify(); });
        co_await left.wait();
    }
    co_await listener_->close(websocket::close_code::drained, "the server is shutting down",
                              milliseconds(2000));
    watch_.stop();
    co_await tasks_.join();
    co_await sessions_.close();
}

} // namespace rejoinder::service
