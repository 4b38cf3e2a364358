#pragma once

#include "persistence/environment.hpp"
#include "service/openai/endpoint.hpp"
#include "service/openai/http_client.hpp"
#include "service/responder.hpp"

#include <memory>
#include <optional>

namespace rejoinder::service::openai {

/// Speaks with any endpoint of OpenAI's chat completions (POST `<url>/chat/completions`): llama.cpp's server,
/// Ollama, vLLM, hosted ones.
///
/// The input of a question is {"say"? : what the user says, "prompt"? : how to answer, "messages"? :
/// [{"role", "content"}] in between, "schema"? : a JSON Schema of the answer, "tokens"?, "temperature"?}; the
/// output {"text", "finish"?, "usage"?} and, with a schema, the answer as JSON in "data". Errors:
/// responder.bad_question, .unreachable, .silent, .broken, .cut, .overloaded, .refused, .malformed,
/// .too_long.
///
/// A try that failed by what may pass is made again, after half a second and twice as long each time or when
/// the endpoint says, while the question's patience lasts; each carries the question's key as
/// `Idempotency-Key`.
class openai_responder final : public responder {
public:
    openai_responder(environment& env, endpoint where);
    std::unique_ptr<asking> ask(question what, listener who) override;

private:
    environment& env_;
    endpoint where_;
    http_client http_;
};

/// The body of a request; nothing when the input is no question.
std::optional<json> to_request(const endpoint& where, const json& input);

} // namespace rejoinder::service::openai
