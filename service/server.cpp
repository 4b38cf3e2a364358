#include "service/server.hpp"

#include "persistence/log.hpp"
#include "persistence/log_failure.hpp"
#include "persistence/loops.hpp"
#include "service/admin/store_calls.hpp"
#include "service/slow_readers.hpp"
#include "websocket/protocol/frames.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>

namespace rejoinder::service {

namespace protocol = websocket::protocol;

namespace {

/// Between two attempts to open a store that a command has left.
constexpr milliseconds reopening_pause(1000);

/// What is left of the connections when time is up gets so long for its goodbye.
constexpr milliseconds parting_time(2000);

void log_task_error(std::exception_ptr error) {
    log_failure("server_task_failed", std::move(error));
}

task<> begin_drain_of(branch* at, milliseconds grace) {
    at->begin_drain(grace);
    co_return;
}

task<> begin_at(branch* at, serving* whole) {
    at->begin(*whole);
    co_return;
}

std::string url_of(const std::string& listening_at, const websocket::listener& there, std::string_view path) {
    auto host = listening_at.substr(0, listening_at.rfind(':'));
    return "ws://" + host + ":" + std::to_string(there.port()) + std::string(path);
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
               credentials::access access, recorder* recording, responder* answers,
               const std::vector<server_loop>& further)
    : env_(env),
      store_(store),
      options_(options),
      access_(std::move(access)),
      recorder_(recording),
      machines_(std::move(machines)),
      bounds_(options.limits),
      tasks_(env.get_executor(), log_task_error),
      windows_(env, *this, tasks_) {
    auto loops = further.size() + 1;
    branches_.push_back(std::make_unique<branch>(env, answers, placement(0, loops), branches_));
    for (std::size_t i = 1; i < loops; ++i)
        branches_.push_back(std::make_unique<branch>(further[i - 1].env, further[i - 1].answers,
                                                     placement(i, loops), branches_));
}

server::~server() = default;

bool server::is_open_to_clients() const noexcept {
    return std::ranges::all_of(branches_, [](const auto& one) { return one->clients() != nullptr; });
}

result<void> server::listen(const websocket::listener_opener& open) {
    if (auto opened = listen_for_clients(open); !opened) return opened;
    if (!options_.admin_listen.empty()) {
        auto route = [this](const auto& request) { return route_command(request); };
        auto commands = open_at(env_, options_.admin_listen, open, {}, route);
        if (!commands) return commands.error();
        command_listener_ = std::move(*commands);
    }
    make_serving();
    for (auto& one : branches_)
        one->begin(*serving_); // their loops don't run yet
    go_on_serving();
    return {};
}

/// On each loop, all at one port: those that come are counted together, and dealt out by the system.
result<void> server::listen_for_clients(const websocket::listener_opener& open) {
    websocket::listener_options options;
    if (branches_.size() > 1) {
        options.counts = websocket::make_admission(options_.limits.listener);
        options.port_is = websocket::port_use::first;
    }
    for (auto& one : branches_) {
        auto route_here = [this, at = one.get()](const auto& request) { return route(*at, request); };
        auto opened = open_at(one->env(), options_.listen, open, options, route_here);
        if (!opened) return opened.error();
        one->listen(std::move(*opened));
        options.port_is = websocket::port_use::shared;
        options.port = port();
    }
    return {};
}

/// A port that is given in the options is that of the listeners before this one.
result<std::unique_ptr<websocket::listener>> server::open_at(environment& env, const std::string& address,
                                                             const websocket::listener_opener& open,
                                                             websocket::listener_options options,
                                                             websocket::router route) const {
    options.limits = options_.limits.listener;
    for (const auto& proxy : options_.trusted_proxies)
        if (!options.proxies.add(proxy)) return make_error_code(boost::system::errc::invalid_argument);
    std::uint16_t wanted = 0;
    if (!split_address(address, options.host, wanted))
        return make_error_code(boost::system::errc::invalid_argument);
    if (options.port == 0) options.port = wanted;
    return open(env, options, std::move(route));
}

void server::make_serving() {
    serving_ = std::make_unique<serving>(env_, *store_.now(), machines_, options_, access_, bounds_,
                                         recorder_, branches_.size());
}

/// All branches have begun.
void server::go_on_serving() {
    std::vector<registry*> shares;
    for (auto& one : branches_)
        shares.push_back(&one->sessions());
    serving_->begin(shares, [this](std::string why) { return give_up_slowest(&branches_, std::move(why)); });
    note_.emplace(store_.where(), for_commands());
    phase_ = phase::serving;
}

std::string server::url() const {
    return url_of(options_.listen, *clients(), protocol::path);
}

admin::serving_place server::for_commands() {
    auto url = command_listener_ ? url_of(options_.admin_listen, *command_listener_, admin::store_path)
                                 : url_of(options_.listen, *clients(), admin::store_path);
    return {std::move(url), windows_.token()};
}

/// Runs a task on the loop of each branch, all at the same time, and waits for all; what one of them throws
/// is thrown then.
template <class Make>
task<> server::on_every_loop(Make make) {
    std::exception_ptr failure;
    task_group all(env_.get_executor(), [&failure](std::exception_ptr what) { failure = std::move(what); });
    for (auto& one : branches_)
        if (one->index() > 0)
            all.spawn(run_on<void>(one->loop(), [make, at = one.get()] { return make(*at); }));
    try {
        auto here = make(*branches_.front());
        co_await std::move(here);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await all.join();
    if (failure) std::rethrow_exception(failure);
}

template <class IsDone>
task<> server::wait_until(IsDone is_done, steady_time until) {
    signal look;
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
    if (serving_ && phase_ != phase::leaving) {
        auto beginning = begin_drain(grace);
        co_await std::move(beginning);
    }
    auto all_left = [this] {
        return phase_ == phase::leaving ? guests() == 0 : !serving_ || open_connections() == 0;
    };
    auto waiting = wait_until(all_left, env_.steady_now() + grace);
    co_await std::move(waiting);
    co_await close_listeners();
    co_await tasks_.join();
    co_await finish_serving();
    note_.reset();
}

std::size_t server::open_connections() const noexcept {
    // All listeners of clients count together.
    return clients()->open_connections() + (command_listener_ ? command_listener_->open_connections() : 0);
}

std::size_t server::guests() const noexcept {
    std::size_t sum = 0;
    for (const auto& one : branches_)
        if (const auto* listener = one->clients()) sum += listener->guests();
    return sum;
}

task<> server::close_listeners() {
    static constexpr auto why = "the server is shutting down";
    if (command_listener_) command_listener_->stop_accepting();
    auto closing = on_every_loop([](branch& at) { return at.close(why, parting_time); });
    co_await std::move(closing);
    if (command_listener_)
        co_await command_listener_->close(websocket::close_code::drained, why, parting_time);
}

task<> server::begin_drain(milliseconds grace) {
    serving_->begin_drain();
    return on_every_loop([grace](branch& at) { return begin_drain_of(&at, grace); });
}

/// What looks after the sessions ends before they do.
task<> server::finish_serving() {
    if (!serving_) co_return;
    co_await serving_->finish();
    auto finishing = on_every_loop([](branch& at) { return at.finish(); });
    co_await std::move(finishing);
    serving_.reset();
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
    co_await recorder_->settle();
    co_return std::filesystem::absolute(recorder_->folder()).string(); // a command stands in another folder
}

/// Tells clients when to come back, ends the sessions and closes the store; goes on with what is left of that
/// where it was broken off.
task<> server::stop_serving(milliseconds grace) {
    static constexpr auto why = "a command has the store";
    note_.reset();
    if (serving_) {
        auto beginning = begin_drain(grace);
        co_await std::move(beginning);
        auto all_left = [this] { return guests() == 0; };
        auto waiting = wait_until(all_left, env_.steady_now() + grace);
        co_await std::move(waiting);
        auto turning_out = on_every_loop([](branch& at) { return at.turn_out(why, parting_time); });
        co_await std::move(turning_out);
        co_await finish_serving();
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
        auto opening = store_.open_again(&why);
        auto opened = co_await std::move(opening);
        if (!opened && why.empty()) why = opened.error().message();
        if (!opened || draining_) co_return why;
        make_serving();
        auto beginning = on_every_loop([whole = serving_.get()](branch& at) { return begin_at(&at, whole); });
        co_await std::move(beginning);
        if (draining_) co_return why; // while the other loops began
        go_on_serving();
        log::info("store_returned", {{"incarnation", store_.now()->incarnation()}});
    } catch (const std::exception& failure) {
        why = failure.what();
    }
    co_return why;
}

} // namespace rejoinder::service
