#include "tests/bench/turn_contenders.hpp"

#include "persistence/ids.hpp"
#include "persistence/json.hpp"
#include "websocket/protocol/frames.hpp"

#include <charconv>
#include <optional>

namespace rejoinder::bench {
namespace {

using service::load::trouble;

/// Slow servers take their time for a thousand sessions that all want something.
constexpr milliseconds patience(60'000);

bool has(const std::string& frame, std::string_view text) {
    return frame.find(text) != frame.npos;
}

} // namespace

task<trouble> turn_contender::connect(std::string path, std::string subprotocol) {
    if (client_) co_await client_->cut();
    client_.reset();
    websocket::client_options options;
    options.url = base_ + path;
    options.subprotocol = std::move(subprotocol);
    options.deadline = patience;
    options.limits.messages_per_second = 1e9;
    options.limits.message_burst = 1e9;
    unsigned status = 0;
    auto connecting = websocket::connect(env_, std::move(options), &status);
    auto connected = co_await std::move(connecting);
    if (!connected)
        co_return connected.error().message() + (status == 0 ? "" : " (" + std::to_string(status) + ')');
    client_ = std::move(*connected);
    co_return "";
}

task<std::optional<std::string>> turn_contender::receive() {
    return client_->receive(patience);
}

task<> turn_contender::end() {
    if (client_) co_await client_->close();
}

trouble turn_contender::end_of_connection() const {
    const auto& end = client_->closed_with();
    if (!end) return "no answer in " + std::to_string(patience.count() / 1000) + " s";
    return "the server closed the connection (code " + std::to_string(end->code) + ")";
}

session_turns::session_turns(environment& env, const std::string& base, std::string text)
    : turn_contender(env, base),
      device_("bench-" + make_ulid(env)),
      turn_(R"(,"input":)" + to_text({{"text", text}}) + '}') {}

task<trouble> session_turns::begin() {
    auto problem = co_await connect(std::string(websocket::protocol::path),
                                    std::string(websocket::protocol::subprotocol));
    if (!problem.empty()) co_return problem;
    json hello = {{"type", "hello"}, {"protocol", 1}, {"device", device_}};
    if (session_.empty()) {
        hello.update({{"create", true}, {"machine", "parrot"}});
    } else {
        hello.update({{"session", session_}, {"resume", resume_}, {"epoch", epoch_}, {"ack", seen_}});
    }
    send(to_text(hello));
    while (auto frame = co_await receive()) {
        if (!has(*frame, R"("type":"welcome")")) continue;
        auto welcome = parse_json(*frame).value;
        auto outcome = welcome.value("outcome", "");
        if (outcome != (session_.empty() ? "new" : "lossless"))
            co_return "the server answered " + outcome + ' ' + welcome.value("reason", "");
        session_ = welcome.value("session", "");
        resume_ = welcome.value("resume", "");
        epoch_ = welcome.value("epoch", "");
        co_return "";
    }
    co_return end_of_connection();
}

task<trouble> session_turns::step() {
    auto number = std::to_string(++number_);
    send(R"({"type":"turn","id":")" + device_ + '-' + number + R"(","number":)" + number + turn_);
    while (auto frame = co_await receive()) {
        note_position(*frame);
        if (has(*frame, R"("kind":"turn.done")")) co_return "";
        bool failed = has(*frame, R"("kind":"turn.failed")") || has(*frame, R"("type":"rejected")") ||
                      has(*frame, R"("type":"error")");
        if (failed) co_return *frame;
        if (has(*frame, R"("type":"ping")")) send(R"({"type":"pong"})");
    }
    co_return end_of_connection();
}

void session_turns::note_position(std::string_view frame) {
    constexpr std::string_view member = R"("seq":)";
    auto at = frame.find(member);
    if (!frame.starts_with(R"({"type":"event")") || at == frame.npos) return;
    std::from_chars(frame.data() + at + member.size(), frame.data() + frame.size(), seen_);
}

peer_turns::peer_turns(environment& env, const std::string& base, std::string session, std::string text)
    : turn_contender(env, base), session_(std::move(session)), text_(to_text(std::move(text))) {}

task<trouble> peer_turns::begin() {
    auto problem = co_await connect("/s/" + session_, "");
    if (!problem.empty()) co_return problem;
    auto greeting = co_await receive();
    co_return greeting ? "" : end_of_connection();
}

task<trouble> peer_turns::step() {
    auto head = R"({"id":"t)" + std::to_string(++number_) + R"(",)";
    send(head + R"("text":)" + text_ + '}');
    auto answer = co_await receive();
    if (!answer) co_return end_of_connection();
    bool is_ours = *answer == head + R"("say":)" + text_ + '}';
    co_return is_ours ? "" : "another answer than what was said: " + *answer;
}

} // namespace rejoinder::bench
