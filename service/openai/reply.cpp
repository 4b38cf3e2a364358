#include "service/openai/reply.hpp"

#include <utility>

namespace rejoinder::service::openai {
namespace {

constexpr std::size_t longest_body = 1 << 20;
constexpr json_limits limits{32, 1024, 65536};

const std::string* text_at(const json& value, const char* pointer) {
    const auto* found = find_pointer(value, pointer);
    return found ? found->get_ptr<const std::string*>() : nullptr;
}

} // namespace

reply::reply(std::function<void(std::string_view)> on_text)
    : on_text_(std::move(on_text)), events_([this](std::string_view data) { take_data(data); }) {}

bool reply::take(std::string_view bytes) {
    if (complete_ || failure_) return false;
    if (kind_ == kind::unknown) {
        auto begin = bytes.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos) return true;
        bytes.remove_prefix(begin); // it may as well have come in a piece of its own
        kind_ = bytes.front() == '{' ? kind::whole : kind::stream;
    }
    if (kind_ == kind::whole) {
        whole_ += bytes;
        if (whole_.size() > longest_body) fail("responder.too_long", "The answer is longer than a mebibyte.");
    } else if (!events_.take(bytes) && !complete_) {
        fail("responder.malformed", "The answer has a line that is too long.");
    }
    return !complete_ && !failure_;
}

void reply::take_data(std::string_view data) {
    if (complete_ || failure_) return;
    if (data == "[DONE]") {
        complete_ = true;
        return;
    }
    auto chunk = parse_json(data, limits);
    if (!chunk || !chunk.value.is_object())
        return fail("responder.malformed", "A part of the answer is no JSON object.");
    take_chunk(chunk.value);
}

void reply::take_chunk(const json& chunk) {
    if (chunk.contains("error")) {
        const auto* said = text_at(chunk, "/error/message");
        return fail("responder.refused", said ? said->substr(0, 300) : "The endpoint refuses to answer.");
    }
    if (const auto* usage = find_pointer(chunk, "/usage"); usage && usage->is_object()) usage_ = *usage;
    if (const auto* choice = find_pointer(chunk, "/choices/0")) take_choice(*choice);
}

void reply::take_choice(const json& choice) {
    for (const auto* pointer : {"/delta/content", "/message/content"})
        if (const auto* more = text_at(choice, pointer); more && !more->empty()) {
            text_ += *more;
            on_text_(*more);
        }
    if (const auto* reason = text_at(choice, "/finish_reason")) finish_ = *reason;
}

void reply::fail(std::string code, std::string message) {
    if (!failure_) failure_ = failed_call(std::move(code), std::move(message));
}

call_outcome reply::finish(bool as_json) {
    if (kind_ == kind::whole && !failure_) {
        auto body = parse_json(whole_, limits);
        if (body && body.value.is_object())
            take_chunk(body.value);
        else
            fail("responder.malformed", "The answer is no JSON object.");
    }
    if (!failure_ && !complete_ && finish_.is_null())
        fail("responder.cut", "The answer ended before it was complete.");
    if (failure_) return *failure_;
    json output{{"text", text_}};
    if (!finish_.is_null()) output["finish"] = finish_;
    if (!usage_.is_null()) output["usage"] = usage_;
    if (as_json) {
        auto data = parse_json(text_, limits);
        if (!data)
            return failed_call("responder.malformed", "The answer is not the JSON that was asked for.");
        output["data"] = std::move(data.value);
    }
    return {call_outcome::end::done, std::move(output)};
}

} // namespace rejoinder::service::openai
