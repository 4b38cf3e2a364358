// What a server answers to whom, on which of its loops.

#include "persistence/loops.hpp"
#include "service/admin/store_calls.hpp"
#include "service/server.hpp"
#include "websocket/echo.hpp"
#include "websocket/plain_answer.hpp"
#include "websocket/protocol/frames.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using websocket::plain_answer;

namespace {

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

websocket::http_response not_ready(const std::string& code, const std::string& message) {
    auto response = plain_answer(503, to_text({{"code", code}, {"message", message}}));
    response.content_type = "application/json";
    return response;
}

} // namespace

/// For whom comes while nothing is served; empty otherwise.
std::string_view server::why_closed() const noexcept {
    if (draining_) return "the server is shutting down";
    if (phase_ != phase::serving) return "a command has the store; the server goes on when it is done";
    return {};
}

/// What the first loop answers, to a request on any of them.
template <class Answer>
websocket::routing server::from_here(branch& at, Answer answer) {
    if (at.index() == 0) return answer();
    struct crossing {
        static task<websocket::decided> ask(executor home, Answer asked) {
            auto asking = call_on(home, std::move(asked));
            co_return co_await std::move(asking);
        }
    };
    return websocket::later{crossing::ask(env_.get_executor(), std::move(answer))};
}

/// On the loop of the branch.
websocket::routing server::route(branch& at, const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return from_here(at, [this] { return readiness(); });
    if (request.path == metrics_path && !command_listener_ && comes_from_here(request, options_.listen))
        return websocket::later{metrics()};
    bool session = request.path == protocol::path;
    bool echo = options_.echo && request.path == "/v1/echo";
    bool robot = robot_gate::is_robot_path(request.path) && machines_.find(options_.robot_machine);
    bool command = !command_listener_ && request.path == admin::store_path;
    if (!session && !echo && !robot && !command) return plain_answer(404, nothing_here);
    if (command && at.index() == 0) return admit_command(request, options_.listen);
    if (command) return websocket::later{fetch_command(request)};
    if (!request.upgrade) return plain_answer(426, upgrade_needed);
    if (auto why = why_closed(); !why.empty()) return plain_answer(503, std::string(why), milliseconds(5000));
    if (!at.is_serving()) return plain_answer(503, "the server begins or ends just now", milliseconds(5000));
    if (robot) return at.admit_robot(request);
    if (session) return at.admit_session(request);
    if (at.refuses_new()) return plain_answer(503, "the server is short of memory", milliseconds(5000));
    websocket::accept_upgrade accepted;
    accepted.handler = websocket::make_echo();
    accepted.limits = websocket::echo_limits();
    return accepted;
}

/// A command that has come to another loop, where this runs: it is let in on the first one, and goes there.
task<websocket::decided> server::fetch_command(websocket::request request) {
    auto home = env_.get_executor();
    auto asking = call_on(
        home, [this, request = std::move(request)] { return admit_command(request, options_.listen); });
    auto admitted = co_await std::move(asking);
    if (auto* refused = std::get_if<websocket::http_response>(&admitted)) co_return std::move(*refused);
    auto& accepted = std::get<websocket::accept_upgrade>(admitted);
    // Its handler belongs to the first loop, and goes there also when its connection never does.
    using handler = std::unique_ptr<websocket::connection_handler>;
    auto give_back = [home](handler* one) {
        boost::asio::post(home, [owned = std::unique_ptr<handler>(one)] {});
    };
    std::shared_ptr<handler> held(new handler(std::move(accepted.handler)), give_back);
    accepted.handler = make_passage(clients()->as_landing(), [held] { return std::move(*held); });
    co_return std::move(accepted);
}

/// On the listener that is for commands only; who looks after the server may look here as well.
websocket::routing server::route_command(const websocket::request& request) {
    if (request.path == "/healthz") return plain_answer(200, "alive");
    if (request.path == "/readyz") return readiness();
    if (request.path == metrics_path) return websocket::later{metrics()};
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

/// On any loop.
task<websocket::decided> server::metrics() {
    auto gathering = run_on<std::vector<metric>>(env_.get_executor(), [this] { return gather_metrics(); });
    auto figures = co_await std::move(gathering);
    auto answer = plain_answer(200, to_prometheus(figures));
    answer.content_type = prometheus_content_type;
    co_return answer;
}

task<std::vector<metric>> server::gather_metrics() {
    std::vector<share::figures> shares;
    std::size_t waiting = 0;
    for (auto& one : branches_) {
        auto looking =
            call_on(one->loop(), [at = one.get()] { return std::pair(at->look(), at->waiting().bytes); });
        auto [share, bytes] = co_await std::move(looking);
        shares.push_back(share);
        waiting += bytes;
    }
    std::vector<metric> figures;
    if (serving_) figures = serving_->metrics(shares);
    figures.push_back({"rejoinder_connections", metric::kind::gauge, "Open connections, commands' included.",
                       static_cast<double>(open_connections())});
    figures.push_back({"rejoinder_outbox_bytes", metric::kind::gauge,
                       "Bytes that wait to be written to clients, robots and echoes.",
                       static_cast<double>(waiting)});
    co_return figures;
}

} // namespace rejoinder::service
