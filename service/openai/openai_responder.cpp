#include "service/openai/openai_responder.hpp"

#include "persistence/log.hpp"
#include "service/openai/reply.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace rejoinder::service::openai {
namespace {

constexpr milliseconds first_pause(500);

/// What may go better at the next try.
bool may_pass(const http_end& end) {
    return end.why != http_end::how::complete || end.status == 408 || end.status == 429 || end.status >= 500;
}

call_outcome explain(const http_end& end) {
    switch (end.why) {
    case http_end::how::unreachable:
        return failed_call("responder.unreachable", "Nobody answers at the responder's address.");
    case http_end::how::silent:
        return failed_call("responder.silent", "The responder was silent for too long.");
    case http_end::how::broken:
        return failed_call("responder.broken", "The connection to the responder broke.");
    case http_end::how::complete:
        break;
    }
    if (end.status == 429 || end.status >= 500)
        return failed_call("responder.overloaded", "The responder can't answer now.");
    return failed_call("responder.refused", "The responder refuses the question.");
}

/// One question, over all its tries.
class conversation final : public responder::asking {
public:
    conversation(environment& env, const endpoint& where, http_client& http, question what, std::string body,
                 responder::listener who)
        : env_(env),
          where_(where),
          http_(http),
          what_(std::move(what)),
          body_(std::move(body)),
          who_(std::move(who)),
          until_(env.steady_now() + what_.patience),
          pause_(env) {
        begin();
    }

private:
    void begin() {
        ++tries_;
        reply_ = std::make_unique<reply>([this](std::string_view more) { who_.on_part(more); });
        status_ = 0;
        http_request request;
        request.url = where_.url + "/chat/completions";
        request.headers = {"Content-Type: application/json", "Accept: text/event-stream",
                           "Idempotency-Key: " + what_.key};
        if (!where_.key.empty())
            request.headers.push_back("Authorization: Bearer " + std::string(where_.key.bytes()));
        request.body = body_;
        request.connect = where_.connect;
        request.silence = where_.silence;
        request.deadline = std::max(until_ - env_.steady_now(), milliseconds(1));
        exchange_ = http_.post(std::move(request),
                               {[this](int status, std::string_view bytes) { read(status, bytes); },
                                [this](http_end end) { end_try(end); }});
    }

    void read(int status, std::string_view bytes) {
        status_ = status;
        if (status != 200) return;
        if (!reply_->take(bytes)) finish(); // what follows is not read
    }

    void end_try(http_end end) {
        bool answered = end.why == http_end::how::complete && end.status == 200;
        auto outcome = answered ? reply_->finish(wants_json()) : explain(end);
        bool was_cut = answered && outcome.how == call_outcome::end::failed &&
                       outcome.data.value("code", "") == "responder.cut";
        if ((was_cut || may_pass(end)) && try_again(end)) return;
        settle(std::move(outcome));
    }

    void finish() { settle(reply_->finish(wants_json())); }

    bool wants_json() const { return what_.input.is_object() && what_.input.contains("schema"); }

    bool try_again(const http_end& end) {
        auto pause = end.retry_after.value_or(first_pause * (1 << std::min<std::size_t>(tries_ - 1, 6)));
        if (tries_ >= where_.tries || env_.steady_now() + pause >= until_) return false;
        log::info("responder_tried_again", {{"try", tries_}, {"status", end.status}});
        exchange_.reset();
        bool has_shown = !reply_->text().empty();
        pause_.arm_after(pause, [this, has_shown] {
            if (has_shown) who_.on_restart();
            begin();
        });
        return true;
    }

    /// Whoever hears of the end may end this.
    void settle(call_outcome how) {
        if (how.how == call_outcome::end::failed)
            log::warning("responder_failed",
                         {{"code", how.data.value("code", "")}, {"status", status_}, {"tries", tries_}});
        exchange_.reset();
        auto tell = std::move(who_.on_end);
        tell(std::move(how));
    }

    environment& env_;
    const endpoint& where_;
    http_client& http_;
    question what_;
    std::string body_;
    responder::listener who_;
    steady_time until_;
    std::size_t tries_ = 0;
    int status_ = 0;
    std::unique_ptr<reply> reply_;
    timer pause_;
    std::unique_ptr<http_client::exchange> exchange_;
};

/// A question that is none: its end is told a moment later, as nothing is told from within `ask`.
class misunderstanding final : public responder::asking {
public:
    misunderstanding(environment& env, responder::listener who) : who_(std::move(who)), moment_(env) {
        moment_.arm_after(milliseconds(0), [this] {
            who_.on_end(failed_call("responder.bad_question",
                                    "The input of a question has 'say', 'prompt' or 'messages'."));
        });
    }

private:
    responder::listener who_;
    timer moment_;
};

bool is_message(const json& one) {
    return one.is_object() && one.contains("role") && one["role"].is_string() && one.contains("content") &&
           one["content"].is_string();
}

json message(const char* role, const json& content) {
    return {{"role", role}, {"content", content}};
}

} // namespace

std::optional<json> to_request(const endpoint& where, const json& input) {
    if (!input.is_object()) return std::nullopt;
    auto messages = json::array();
    auto text = [&](const char* member) {
        auto found = input.find(member);
        return found != input.end() && found->is_string() ? &*found : nullptr;
    };
    if (const auto* prompt = text("prompt")) messages.push_back(message("system", *prompt));
    if (auto between = input.find("messages"); between != input.end()) {
        if (!between->is_array() || !std::ranges::all_of(*between, is_message)) return std::nullopt;
        for (const auto& one : *between)
            messages.push_back({{"role", one["role"]}, {"content", one["content"]}});
    }
    if (const auto* said = text("say")) messages.push_back(message("user", *said));
    if (messages.empty()) return std::nullopt;

    auto tokens = input.value("tokens", json());
    std::size_t most = tokens.is_number_unsigned() ? tokens.get<std::size_t>() : where.tokens;
    json body{{"model", where.model},
              {"messages", std::move(messages)},
              {"stream", true},
              {"max_tokens", std::min(most, where.tokens)}};
    if (auto heat = input.find("temperature"); heat != input.end() && heat->is_number())
        body["temperature"] = *heat;
    if (auto schema = input.find("schema"); schema != input.end())
        body["response_format"] = {
            {"type", "json_schema"},
            {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", *schema}}}};
    return body;
}

openai_responder::openai_responder(environment& env, endpoint where)
    : env_(env), where_(std::move(where)), http_(env.get_executor()) {
    while (where_.url.ends_with('/'))
        where_.url.pop_back();
}

std::unique_ptr<responder::asking> openai_responder::ask(question what, listener who) {
    auto body = to_request(where_, what.input);
    if (!body) return std::make_unique<misunderstanding>(env_, std::move(who));
    auto text = to_text(*body);
    return std::make_unique<conversation>(env_, where_, http_, std::move(what), std::move(text),
                                          std::move(who));
}

} // namespace rejoinder::service::openai
