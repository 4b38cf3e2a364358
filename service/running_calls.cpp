#include "service/running_calls.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {
namespace {

/// An activation's numbers are above all of those before it, and exact in JSON everywhere.
constexpr std::uint64_t attempts_per_activation = 1 << 20;

} // namespace

running_calls::running_calls(responder* answers, std::string names, std::uint64_t generation,
                             std::function<void()> on_news, std::function<void()> on_text)
    : answers_(answers),
      names_(std::move(names)),
      generation_(generation),
      on_news_(std::move(on_news)),
      on_text_(std::move(on_text)) {}

void running_calls::follow(const std::vector<open_call>& open, utc_time now) {
    std::erase_if(calls_, [&](const auto& one) {
        return std::ranges::find(open, one.first, &open_call::call) == open.end();
    });
    for (const auto& call : open)
        if (!calls_.contains(call.call) && call.deadline > now) begin(call, now); // else it has failed
}

void running_calls::begin(const open_call& call, utc_time now) {
    auto& made = calls_[call.call];
    made.turn = call.turn;
    made.attempt = ++attempts_;
    if (!answers_)
        return end(call.call, failed_call("responder.none", "This server has nobody who answers."));
    auto patience = std::max(call.deadline - now, milliseconds(1));
    responder::listener listener{[this, name = call.call](std::string_view more) { grow(name, more); },
                                 [this, name = call.call] { restart(name); },
                                 [this, name = call.call](call_outcome how) { end(name, std::move(how)); }};
    made.work = answers_->ask({names_ + '/' + call.call, call.input, patience}, std::move(listener));
}

void running_calls::grow(const std::string& call, std::string_view more) {
    auto& one = calls_.at(call);
    if (one.outcome) return;
    if (one.text.size() + more.size() > max_text)
        return end(call, failed_call("responder.too_long", "The answer is longer than 64 KiB."));
    one.text += more;
    on_text_();
}

void running_calls::restart(const std::string& call) {
    auto& one = calls_.at(call);
    one.attempt = ++attempts_;
    one.text.clear();
}

void running_calls::end(const std::string& call, call_outcome how) {
    auto& one = calls_.at(call);
    if (one.outcome) return;
    one.outcome = std::move(how);
    on_news_();
}

const std::string* running_calls::first_ended() const noexcept {
    auto found = std::ranges::find_if(calls_, [](const auto& one) { return one.second.outcome.has_value(); });
    return found == calls_.end() ? nullptr : &found->first;
}

const call_outcome* running_calls::outcome_of(const std::string& call) const {
    const auto& outcome = calls_.at(call).outcome;
    return outcome ? &*outcome : nullptr;
}

std::vector<running_calls::preview> running_calls::previews() const {
    std::vector<preview> all;
    for (const auto& [name, one] : calls_) {
        if (one.outcome || one.turn.empty() || one.text.empty()) continue;
        preview made{one.turn, generation_ * attempts_per_activation + one.attempt, one.text};
        auto known = std::ranges::find(all, one.turn, &preview::turn);
        if (known == all.end())
            all.push_back(std::move(made));
        else if (known->attempt < made.attempt)
            *known = std::move(made);
    }
    return all;
}

} // namespace rejoinder::service
