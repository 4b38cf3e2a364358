#pragma once

#include "persistence/json.hpp"
#include "service/openai/event_stream.hpp"
#include "service/responder.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service::openai {

/// The body of one answer of a chat endpoint while it comes: a stream of `chat.completion.chunk`s or, from a
/// server that does not stream, one `chat.completion`.
class reply {
public:
    /// `on_text` is called with what the message has grown by.
    explicit reply(std::function<void(std::string_view more)> on_text);
    reply(const reply&) = delete;
    reply& operator=(const reply&) = delete;

    /// False when nothing more of it is wanted: it is complete, or not what it should be.
    [[nodiscard]] bool take(std::string_view bytes);

    /// What has come of it, once the body has ended: {"text", "finish"?, "usage"?}, with "data" where the
    /// text is wanted as JSON, or why it is no answer.
    call_outcome finish(bool as_json);

    const std::string& text() const noexcept { return text_; }

private:
    enum class kind { unknown, stream, whole };

    void take_data(std::string_view data);
    void take_chunk(const json& chunk);
    void take_choice(const json& choice);
    void fail(std::string code, std::string message);

    std::function<void(std::string_view)> on_text_;
    event_stream events_;
    kind kind_ = kind::unknown;
    std::string whole_;
    std::string text_;
    json finish_;
    json usage_;
    bool complete_ = false;
    std::optional<call_outcome> failure_;
};

} // namespace rejoinder::service::openai
