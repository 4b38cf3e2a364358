#include "tests/e2e/talker.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rejoinder::tests {
namespace {

constexpr milliseconds patience(15'000);
#ifdef REJOINDER_SANITIZED // under which a server takes seconds to start
constexpr milliseconds time_to_talk(600'000);
#else
constexpr milliseconds time_to_talk(90'000);
#endif
constexpr std::ptrdiff_t turns_ahead = 2;
constexpr std::size_t turns_at_once = 3;
constexpr std::uint64_t ack_every = 16;
constexpr int most_failed_connects = 200;

/// The k-th thing that somebody says: recognisable, and now and then awkward.
std::string line(const std::string& name, std::size_t k) {
    static const std::array<std::string, 6> flourishes = {"",
                                                          " \"quoted\" \\ {\"json\":1}",
                                                          " \xC3\xBC\xE2\x82\xAC\xF0\x9F\xA6\x9C",
                                                          " two\nlines\tand a tab",
                                                          " {{ event.text }}",
                                                          " '; drop table session; --"};
    return name + " says line " + std::to_string(k) + flourishes[k % flourishes.size()];
}

} // namespace

talker::talker(environment& env, fate& doom, std::string name)
    : env_(env), fate_(doom), name_(std::move(name)) {}

task<> talker::talk(std::function<bool()> wants_more) {
    auto until = env_.steady_now() + time_to_talk;
    while (notes_.complaints.empty() && (wants_more() || !notes_.settled())) {
        if (env_.steady_now() > until) complain("the talk does not come to its end");
        bool connected = connection_ != nullptr;
        if (!connected) connected = co_await come_back();
        if (connected) co_await work(wants_more);
    }
    if (connection_) co_await connection_->close();
}

/// Submits what may be submitted and takes one frame.
task<> talker::work(std::function<bool()> wants_more) {
    while (wants_more() && may_speak()) {
        meet(moment::turn_unsent);
        if (is_cut_off()) break;
        auto k = notes_.turns.size() + 1;
        notes_.turns.push_back({name_ + "-" + std::to_string(k), k, line(name_, k)});
        send(notes_.turns.back());
        meet(moment::turn_sent);
    }
    std::optional<json> frame;
    if (!is_cut_off()) frame = co_await next_frame();
    if (frame) note(*frame);
    if (!frame || is_cut_off()) co_await hang_up();
}

/// Connects and attaches, and repeats what has no answer yet. False when fate was faster.
task<bool> talker::come_back() {
    websocket::client_options options;
    options.url = fate_.url();
    meet(moment::hello_unsent);
    cut_at_.reset();
    options.subprotocol = "rejoinder.v1";
    auto connected = co_await websocket::connect(env_, std::move(options));
    if (!connected) {
        if (++failed_connects_ == most_failed_connects) complain("nobody lets the client in");
        co_return false;
    }
    failed_connects_ = 0;
    connection_ = std::move(*connected);
    say_hello();
    meet(moment::hello_sent);
    std::optional<json> frame;
    if (!is_cut_off()) frame = co_await next_frame();
    if (!frame) {
        co_await hang_up();
        co_return false;
    }
    note_welcome(*frame);
    meet(moment::welcomed);
    if (is_cut_off()) {
        co_await hang_up();
        co_return false;
    }
    for (const auto& turn : notes_.turns)
        if (!turn.accepted) send(turn);
    co_return true;
}

void talker::say_hello() {
    json hello = {{"type", "hello"}, {"protocol", 1}, {"device", name_}};
    if (notes_.session.empty()) {
        hello["create"] = true;
        hello["machine"] = "parrot";
    } else {
        hello["session"] = notes_.session;
        hello["resume"] = resume_;
        hello["epoch"] = epoch_;
        hello["ack"] = notes_.seen();
    }
    connection_->send(hello.dump());
}

void talker::send(const journal::turn& turn) {
    json frame = {
        {"type", "turn"}, {"id", turn.id}, {"number", turn.number}, {"input", {{"text", turn.text}}}};
    connection_->send(frame.dump());
}

/// The next frame; nothing when the connection is gone or its time has come.
task<std::optional<json>> talker::next_frame() {
    auto limit = patience;
    if (cut_at_) limit = std::clamp(*cut_at_ - env_.steady_now(), milliseconds(0), patience);
    auto text = co_await connection_->receive(limit);
    if (text) co_return json::parse(*text);
    if (!connection_->closed_with() && !is_cut_off()) complain("the server says nothing any more");
    co_return std::nullopt;
}

task<> talker::hang_up() {
    if (is_cut_off()) ++notes_.cuts;
    cut_at_.reset();
    auto connection = std::move(connection_);
    co_await connection->cut();
}

void talker::note(const json& frame) {
    auto type = frame.value("type", "");
    if (type == "accepted") {
        note_answer(frame);
        meet(moment::answered);
    } else if (type == "event") {
        notes_.events.push_back(frame);
        if (notes_.seen() % ack_every == 0)
            connection_->send(json{{"type", "ack"}, {"seq", notes_.seen()}}.dump());
        meet(moment::event_seen);
    } else if (type == "ping") {
        connection_->send(R"({"type":"pong"})");
    } else {
        complain("unexpected: " + frame.dump());
    }
}

void talker::note_answer(const json& frame) {
    auto turn = std::ranges::find(notes_.turns, frame.value("turn", ""), &journal::turn::id);
    if (turn == notes_.turns.end() || frame.value("status", "") != "done")
        return complain("not what was asked for: " + frame.dump());
    auto first = frame.value("first", std::uint64_t{0});
    auto last = frame.value("last", std::uint64_t{0});
    if (turn->accepted) complain("accepted again on one connection: " + frame.dump());
    if (first > last || first == 0) complain("accepted without events: " + frame.dump());
    turn->accepted = true;
    turn->first = first;
    turn->last = last;
    if (frame.value("duplicate", false)) ++notes_.duplicates;
}

void talker::note_welcome(const json& frame) {
    if (frame.value("type", "") != "welcome" || frame.value("outcome", "") == "refused")
        return complain("not welcome: " + frame.dump());
    notes_.welcomes.push_back({notes_.seen(), frame, fate_.life()});
    notes_.session = frame.value("session", "");
    resume_ = frame.value("resume", "");
    epoch_ = frame.value("epoch", "");
}

void talker::meet(moment at) {
    if (cut_at_) return;
    if (auto rest = fate_.strike(at)) cut_at_ = env_.steady_now() + *rest;
}

bool talker::is_cut_off() const {
    return cut_at_ && env_.steady_now() >= *cut_at_;
}

/// Two turns ahead of the answers; before every third one the talker listens to the end.
bool talker::may_speak() const {
    if (notes_.turns.size() % turns_at_once == 0) return notes_.settled();
    return std::ranges::count(notes_.turns, false, &journal::turn::accepted) < turns_ahead;
}

void talker::complain(std::string what) {
    notes_.complaints.push_back(std::move(what));
}

} // namespace rejoinder::tests
