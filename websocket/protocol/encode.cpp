#include "websocket/protocol/codec.hpp"

#include "websocket/protocol/frame_writer.hpp"

#include <cassert>
#include <utility>

namespace rejoinder::websocket::protocol {

std::string_view to_string(welcome_outcome outcome) noexcept {
    switch (outcome) {
    case welcome_outcome::created:
        return "new";
    case welcome_outcome::lossless:
        return "lossless";
    case welcome_outcome::replayed:
        return "replayed";
    case welcome_outcome::snapshot:
        return "snapshot";
    case welcome_outcome::refused:
        return "refused";
    }
    return "refused";
}

std::string encode(const welcome& frame) {
    frame_writer out("welcome");
    out.member("outcome", to_string(frame.outcome));
    if (!frame.reason.empty()) out.member("reason", frame.reason);
    if (frame.outcome == welcome_outcome::refused) return std::move(out).finish();

    out.member("session", frame.session.text).member("generation", frame.generation);
    out.member("epoch", frame.epoch).member("head", frame.head).member("floor", frame.floor);
    if (frame.from) out.member("from", *frame.from);
    out.member("resume", frame.resume).member("last_number", frame.last_number);
    if (frame.running)
        out.raw("running", frame_writer()
                               .member("turn", frame.running->turn.text)
                               .member("status", frame.running->status)
                               .finish());
    out.member("heartbeat", frame.heartbeat.count()).member("credit", frame.credit);
    out.raw("limits", frame_writer()
                          .member("message", frame.limit_message)
                          .member("outbox", frame.limit_outbox)
                          .member("replay", frame.limit_replay)
                          .finish());
    out.member("durability", frame.durability).member("expires_in", frame.expires_in.count());
    frame_writer machine;
    machine.member("id", frame.machine).member("version", frame.machine_version);
    if (frame.migrated_from) machine.member("migrated_from", *frame.migrated_from);
    out.raw("machine", std::move(machine).finish());
    out.member("node", frame.node);
    return std::move(out).finish();
}

std::string encode(const snapshot& frame) {
    frame_writer out("snapshot");
    out.member("seq", frame.seq);
    out.raw("state", frame_writer()
                         .member("machine", frame.machine)
                         .member("version", frame.version)
                         .member("value", frame.value)
                         .member("revision", frame.revision)
                         .finish());
    out.member("context", frame.context).member("turns", frame.turns);
    frame_writer open;
    if (!frame.ask.is_null()) open.member("ask", frame.ask);
    open.member("tools", frame.tools);
    out.raw("open", std::move(open).finish());
    return std::move(out).finish();
}

namespace {

/// In front of what the log stores of an event.
constexpr std::string_view head_of_event = R"({"type":"event",)";

} // namespace

std::string encode(const event& frame, delivery how) {
    frame_writer out("event");
    out.member("seq", frame.seq).member("kind", frame.kind);
    if (!frame.turn.empty()) out.member("turn", frame.turn.text);
    out.member("at", to_unix(frame.at)).member("data", frame.data);
    if (how == delivery::replayed) out.member("replayed", true);
    return std::move(out).finish();
}

live_events encode(const std::vector<event>& events) {
    live_events encoded;
    if (!events.empty()) encoded.first = events.front().seq;
    encoded.frames.reserve(events.size());
    for (const auto& e : events)
        encoded.frames.push_back(encode(e, delivery::live));
    return encoded;
}

std::string store_events(const std::vector<event>& events) {
    return store_encoded(encode(events));
}

std::string store_encoded(const live_events& events) {
    std::size_t size = 2;
    for (const auto& frame : events.frames)
        size += frame.size();
    std::string text;
    text.reserve(size);
    text += '[';
    for (const auto& frame : events.frames) {
        assert(frame.starts_with(head_of_event));
        append_separator(text);
        text += '{';
        text += std::string_view(frame).substr(head_of_event.size());
    }
    text += ']';
    return text;
}

std::optional<std::vector<event>> restore_events(std::string_view text) {
    auto parsed = parse_json(text, stored_limits);
    if (!parsed || !parsed.value.is_array()) return std::nullopt;
    std::vector<event> events;
    for (auto& stored : parsed.value) {
        if (!stored.is_object()) return std::nullopt;
        auto seq = stored.find("seq");
        auto kind = stored.find("kind");
        auto at = stored.find("at");
        auto data = stored.find("data");
        if (seq == stored.end() || !seq->is_number_unsigned() || kind == stored.end() || !kind->is_string() ||
            at == stored.end() || !at->is_number_integer() || data == stored.end())
            return std::nullopt;
        event e{*seq, *kind, {}, from_unix(*at), std::move(*data)};
        if (auto turn = stored.find("turn"); turn != stored.end()) {
            if (!turn->is_string()) return std::nullopt;
            e.turn = turn_id{turn->get<std::string>()};
        }
        events.push_back(std::move(e));
    }
    return events;
}

std::string encode(const accepted& frame) {
    frame_writer out("accepted");
    out.member("turn", frame.turn.text).member("status", frame.status);
    out.member("duplicate", frame.duplicate).member("queue", frame.queue);
    if (!frame.outcome.is_null()) out.member("outcome", frame.outcome);
    if (frame.first) out.member("first", *frame.first);
    if (frame.last) out.member("last", *frame.last);
    return std::move(out).finish();
}

std::string encode(const rejected& frame) {
    frame_writer out("rejected");
    out.member("turn", frame.turn.text).member("code", frame.code).member("message", frame.message);
    out.member("retry", frame.retry);
    if (frame.after) out.member("after", frame.after->count());
    if (frame.revision) out.member("revision", *frame.revision);
    return std::move(out).finish();
}

std::string encode(const error& frame) {
    frame_writer out("error");
    out.member("code", frame.code).member("message", frame.message).member("retry", frame.retry);
    if (frame.after) out.member("after", frame.after->count());
    if (!frame.ref.empty()) out.member("ref", frame.ref);
    if (!frame.to.empty()) out.member("to", frame.to);
    return std::move(out).finish();
}

std::string encode(const part& frame) {
    return frame_writer("part")
        .member("turn", frame.turn.text)
        .member("attempt", frame.attempt)
        .member("offset", frame.offset)
        .member("data", frame.data)
        .finish();
}

std::string encode(const taken& frame) {
    return frame_writer("taken")
        .member("generation", frame.generation)
        .member("device", frame.device.text)
        .finish();
}

std::string encode(const drain& frame) {
    return frame_writer("drain")
        .member("after", frame.after.count())
        .member("deadline", frame.deadline.count())
        .finish();
}

std::string encode(const bye& frame) {
    return frame_writer("bye").member("reason", frame.reason).member("keep", frame.keep).finish();
}

std::string encode_ping(utc_time at) {
    return frame_writer("ping").member("at", to_unix(at)).finish();
}

std::string encode_pong(std::int64_t at_of_ping) {
    return frame_writer("pong").member("at", at_of_ping).finish();
}

} // namespace rejoinder::websocket::protocol
