#include "persistence/hash.hpp"
#include "persistence/json_writer.hpp"
#include "websocket/protocol/codec.hpp"

#include <limits>
#include <utility>

namespace rejoinder::websocket::protocol {
namespace {

constexpr std::size_t longest_token = 8192;

/// Reads the members of one frame and remembers the first that is wrong, so that decoders read like a list of
/// members.
class member_reader {
public:
    /// `path` stands before the members' names in errors.
    explicit member_reader(const json& object, std::string path = {})
        : object_(object), path_(std::move(path)) {}

    std::optional<std::string> text(std::string_view name, std::size_t max_bytes) {
        const auto* value = find(name);
        if (!value) return std::nullopt;
        if (!value->is_string() || value->get_ref<const std::string&>().size() > max_bytes) {
            wrong(name, "must be a text of at most " + std::to_string(max_bytes) + " bytes");
            return std::nullopt;
        }
        return value->get<std::string>();
    }

    std::optional<std::string> id(std::string_view name) {
        auto value = text(name, 64);
        if (value && !is_client_id(*value)) {
            wrong(name, "must be 1 to 64 letters, digits or one of - _ . :");
            return std::nullopt;
        }
        return value;
    }

    /// Whole numbers up to 2^53 - 1: above that readers of JSON disagree on the value.
    std::optional<std::uint64_t> number(std::string_view name) {
        const auto* value = find(name);
        if (!value) return std::nullopt;
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() >= (1ULL << 53)) {
            wrong(name, "must be a whole number from 0 to 2^53 - 1");
            return std::nullopt;
        }
        return value->get<std::uint64_t>();
    }

    std::optional<milliseconds> duration(std::string_view name) {
        auto value = number(name);
        if (!value) return std::nullopt;
        return milliseconds(std::min<std::uint64_t>(*value, 1ULL << 42));
    }

    std::optional<bool> truth(std::string_view name) {
        const auto* value = find(name);
        if (!value) return std::nullopt;
        if (!value->is_boolean()) {
            wrong(name, "must be true or false");
            return std::nullopt;
        }
        return value->get<bool>();
    }

    /// Null where there is none; it lives as long as the frame.
    const json* object(std::string_view name) {
        const auto* value = find(name);
        if (!value || value->is_object()) return value;
        wrong(name, "must be an object");
        return nullptr;
    }

    json object_or_empty(std::string_view name) {
        const auto* value = object(name);
        return value ? *value : json::object();
    }

    template <class T>
    T required(std::string_view name, std::optional<T> value) {
        if (!value) {
            wrong(name, "is missing");
            return T{};
        }
        return std::move(*value);
    }

    void wrong(std::string_view name, const std::string& what) {
        if (error_) return;
        error_ = frame_error{"protocol.bad_member",
                             "The member '" + path_ + std::string(name) + "' " + what + ".", ""};
    }

    /// Takes over the error of a reader of an object within this one.
    void wrong_inside(member_reader& inner) {
        if (!error_) error_ = inner.take_error();
    }

    std::optional<frame_error> take_error() { return std::move(error_); }

private:
    // A member that is null counts as absent.
    const json* find(std::string_view name) const {
        auto found = object_.find(name);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    const json& object_;
    std::string path_;
    std::optional<frame_error> error_;
};

hello read_hello(member_reader& members) {
    hello frame;
    frame.protocol = static_cast<int>(std::min<std::uint64_t>(
        members.required("protocol", members.number("protocol")), std::numeric_limits<int>::max()));
    frame.device = device_id{members.required("device", members.id("device"))};
    if (auto session = members.id("session")) frame.session = session_id{std::move(*session)};
    frame.token = members.text("token", longest_token);
    frame.resume = members.text("resume", 128);
    frame.epoch = members.text("epoch", 16);
    frame.ack = members.number("ack");
    frame.create = members.truth("create").value_or(false);
    frame.machine = members.id("machine");
    auto mode = members.text("mode", 16).value_or("control");
    if (mode == "observe")
        frame.mode = attach_mode::observe;
    else if (mode != "control")
        members.wrong("mode", "must be control or observe");
    frame.heartbeat = members.duration("heartbeat");
    frame.credit = members.number("credit");
    return frame;
}

turn_input read_input(const json& object, member_reader& frame) {
    member_reader members(object, "input.");
    turn_input input;
    input.text = members.text("text", 65536);
    input.event = members.id("event");
    input.intent = members.id("intent");
    input.data = members.object_or_empty("data");
    input.entities = members.object_or_empty("entities");
    frame.wrong_inside(members);
    if (input.text.has_value() + input.event.has_value() + input.intent.has_value() != 1)
        frame.wrong("input", "must hold exactly one of text, event and intent");
    return input;
}

/// One of the five words; `debounce` names its milliseconds: `debounce(300)`.
std::string read_policy(member_reader& members) {
    static constexpr std::string_view names[] = {"queue", "reject", "replace", "merge", "debounce"};
    auto wanted = members.text("policy", 32);
    if (!wanted) return {};
    auto name = std::string_view(*wanted).substr(0, wanted->find('('));
    if (std::ranges::find(names, name) == std::end(names))
        members.wrong("policy", "must be queue, reject, replace, merge or debounce(MILLISECONDS)");
    return std::move(*wanted);
}

tool_result read_tool_result(member_reader& members) {
    tool_result frame;
    frame.call = members.required("call", members.id("call"));
    if (auto turn = members.id("turn")) frame.turn = turn_id{std::move(*turn)};
    frame.ok = members.required("ok", members.truth("ok"));
    frame.data = members.object_or_empty("data");
    return frame;
}

/// `size` is that of the message's text.
turn read_turn(const json& object, member_reader& members, std::size_t size) {
    turn frame;
    frame.id = turn_id{members.required("id", members.id("id"))};
    frame.number = members.required("number", members.number("number"));
    if (auto former = members.id("retry_of")) frame.retry_of = turn_id{std::move(*former)};
    if (const auto* input = members.object("input"))
        frame.input = read_input(*input, members);
    else
        members.wrong("input", "is missing");
    frame.if_revision = members.number("if_revision");
    frame.expires_in = members.duration("expires_in");
    frame.policy = read_policy(members);

    // What a retry must repeat: the members that mean something, so that a client may stamp its frames as it
    // likes.
    std::string payload;
    payload.reserve(size);
    object_writer out(payload);
    for (std::string_view name : {"expires_in", "id", "if_revision", "input", "policy", "retry_of"})
        if (auto member = object.find(name); member != object.end()) append_text(out.place_of(name), *member);
    out.end();
    frame.digest = sha256_hex(payload);
    return frame;
}

frame_error describe(const json_error& error) {
    if (error.why == json_error::reason::too_deep)
        return {"protocol.too_deep", "The message is nested more than 32 levels deep.", ""};
    return {"protocol.malformed",
            "The message is no acceptable JSON at byte " + std::to_string(error.offset) + ": " +
                error.message + ".",
            ""};
}

} // namespace

std::variant<client_frame, frame_error> decode(std::string_view text) {
    auto parsed = parse_json(text);
    if (parsed.error) return describe(*parsed.error);
    const auto& object = parsed.value;
    if (!object.is_object()) return frame_error{"protocol.malformed", "A message must be a JSON object.", ""};

    member_reader members(object);
    auto type = members.text("type", 32);
    if (!type)
        return frame_error{"protocol.bad_member", "The member 'type' is missing or no short text.", ""};

    client_frame frame;
    if (*type == "hello") {
        frame = read_hello(members);
    } else if (*type == "turn") {
        frame = read_turn(object, members, text.size());
    } else if (*type == "ack") {
        frame = ack{members.required("seq", members.number("seq"))};
    } else if (*type == "ping") {
        frame = ping{static_cast<std::int64_t>(members.number("at").value_or(0))};
    } else if (*type == "pong") {
        frame = pong{};
    } else if (*type == "bye") {
        frame = bye{members.text("reason", 256).value_or(""), members.truth("keep").value_or(true)};
    } else if (*type == "token") {
        frame = token{members.required("token", members.text("token", longest_token))};
    } else if (*type == "cancel") {
        frame = cancel{turn_id{members.required("turn", members.id("turn"))}};
    } else if (*type == "tool_result") {
        frame = read_tool_result(members);
    } else {
        return frame_error{"protocol.unknown_type", "There is no frame of this type in rejoinder.v1.", ""};
    }
    if (auto error = members.take_error()) {
        if (const auto* wrong = std::get_if<turn>(&frame)) error->ref = wrong->id.text;
        if (const auto* wrong = std::get_if<tool_result>(&frame)) error->ref = wrong->call;
        return std::move(*error);
    }
    return frame;
}

} // namespace rejoinder::websocket::protocol
