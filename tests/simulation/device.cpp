#include "tests/simulation/device.hpp"

#include <exception>
#include <utility>

namespace rejoinder::tests::simulation {
namespace {

void rethrow(std::exception_ptr error) {
    std::rethrow_exception(error);
}

service::client_memory memory_of(const std::string& name) {
    service::client_memory memory;
    memory.device = name;
    return memory;
}

} // namespace

std::string to_comparable(const json& event) {
    json kept;
    for (const auto* member : {"seq", "kind", "turn", "at", "data"})
        if (event.contains(member)) kept[member] = event.at(member);
    return to_text(kept);
}

device::device(environment& env, service::dialer dial, std::string name, std::size_t under_way, trace& log)
    : name_(std::move(name)),
      trace_(log),
      client_(env, {"ws://simulated/v1/session", {}, std::move(dial)}, memory_of(name_), "counter", *this,
              under_way),
      tasks_(env.get_executor(), rethrow) {}

task<> device::run() {
    auto running = client_.run();
    auto end = co_await std::move(running);
    if (end.how == service::departure::refused) complain("was refused: " + end.reason);
    if (end.how == service::departure::closed)
        complain("was sent away for good: " + std::to_string(end.code));
}

void device::speak() {
    say("");
}

void device::ask_for_something() {
    say("fetch ");
}

void device::wonder() {
    say("ponder ");
}

void device::send_on_errand() {
    say("errand ");
}

void device::set_timer() {
    say("time ");
}

void device::say(const std::string& word) {
    auto number = std::to_string(++said_);
    auto id = name_ + "-turn-" + number;
    auto text = word + name_ + " says " + number;
    if (!client_.submit(id, {{"text", text}})) return;
    texts_[id] = text;
}

void device::change_its_mind() {
    if (texts_.empty()) return;
    const auto& id = texts_.begin()->first;
    trace_.add(name_, "does not want " + id);
    client_.cancel(id);
}

void device::do_work(const json& tool, const std::string& turn) {
    auto call = tool.value("call", "");
    if (!calls_.insert(call).second || calls_.size() % 5 == 0) return;
    trace_.add(name_, "has done " + call);
    if (!client_.report({call, turn, calls_.size() % 3 != 0, json::object()}))
        complain("can't report " + call);
}

void device::complain(const std::string& what) {
    trace_.add(name_, "COMPLAINS: " + what);
    complaints_.push_back(name_ + " " + what);
}

/// A version that it does not know is told with the one that it does, or an earlier one where the server has
/// not heard that it came to know another.
void device::look_at_machine(const json& machine) {
    auto version = machine.value("version", std::int64_t{0});
    auto from = machine.value("migrated_from", version_);
    if (version_ != 0 && version != version_ && !machine.contains("migrated_from"))
        complain("is not told that version " + std::to_string(version) + " is new to it");
    if (version_ != 0 && from > version_) complain("is said to know version " + std::to_string(from));
    version_ = version;
}

void device::on_welcome(const json& welcome) {
    ++welcomes_;
    look_at_machine(welcome.value("machine", json::object()));
    auto outcome = welcome.value("outcome", "");
    auto session = welcome.value("session", "");
    trace_.add(name_, "is welcome: " + outcome + " " + welcome.value("reason", "") + " head " +
                          std::to_string(welcome.value("head", 0)));
    if (outcome == "new") {
        if (!first_session_.empty()) complain("got a new session in the place of its own");
        first_session_ = session;
        epoch_ = welcome.value("epoch", "");
        return;
    }
    if (session != first_session_) complain("came back to another session");
    if (welcome.value("epoch", "") != epoch_) complain("met a new epoch, although nothing was lost");
    if (outcome == "snapshot" && welcome.value("reason", "") != "position")
        complain("got a snapshot: " + welcome.value("reason", ""));
    if (welcome.value("head", std::uint64_t{0}) < seen_) complain("has seen what the server does not know");
}

void device::on_snapshot(const json& snapshot) {
    seen_ = snapshot.value("seq", std::uint64_t{0});
    for (const auto& tool : snapshot.at("open").at("tools"))
        do_work(tool, tool.value("turn", ""));
}

void device::on_event(const json& event) {
    auto number = event.value("seq", std::uint64_t{0});
    auto text = to_comparable(event);
    trace_.add(name_, "is shown " + text);
    if (number != seen_ + 1)
        complain("got event " + std::to_string(number) + " after " + std::to_string(seen_));
    seen_ = number;
    auto [known, is_new] = events_.emplace(number, text);
    if (!is_new && known->second != text) complain("got two events of number " + std::to_string(number));
    if (event.value("kind", "") == "session.migrated" && is_new) ++migrations_;
    if (event.value("kind", "") == "tool") do_work(event.at("data"), event.value("turn", ""));
}

void device::on_settled(const std::string& turn, const json& answer) {
    auto text = texts_[turn];
    auto type = answer.value("type", "");
    trace_.add(name_, "has an answer to " + turn + ": " + type + answer.value("code", ""));
    bool failed = answer.value("kind", "") == "turn.failed" || answer.value("status", "") == "cancelled";
    texts_.erase(turn);
    if (type == "rejected")
        refused_.insert(text);
    else if (failed)
        ++cancelled_; // the machine may have said it by then
    else
        done_.insert(text);
}

void device::on_away(const service::absence& how) {
    trace_.add(name_, "is away: " + std::to_string(how.code) + ", for " + std::to_string(how.pause.count()));
}

} // namespace rejoinder::tests::simulation
