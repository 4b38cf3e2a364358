#include "tests/fuzz/targets.hpp"

#include "service/recorded_step.hpp"
#include "service/replay/retake.hpp"
#include "service/resume.hpp"
#include "service/session_state.hpp"
#include "tests/fuzz/lines.hpp"
#include "websocket/protocol/codec.hpp"
#include "websocket/robot/transaction.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <variant>

namespace rejoinder::tests::fuzz {

namespace protocol = websocket::protocol;

void require(bool kept, const char* promise) {
    if (kept) return;
    std::fprintf(stderr, "broken: %s\n", promise);
    std::abort();
}

namespace {

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

void client_frame(std::string_view bytes) {
    auto decoded = protocol::decode(bytes);
    if (auto* wrong = std::get_if<protocol::frame_error>(&decoded)) {
        require(!wrong->code.empty() && !wrong->message.empty(), "an error has a code and a sentence");
        return;
    }
    const auto& frame = std::get<protocol::client_frame>(decoded);
    if (const auto* turn = std::get_if<protocol::turn>(&frame)) {
        const auto& input = turn->input;
        require(input.text.has_value() + input.event.has_value() + input.intent.has_value() == 1,
                "a turn has one input");
        require(!turn->id.text.empty() && turn->id.text.size() <= 64, "a turn's id has 1 to 64 characters");
        auto again = protocol::decode(bytes);
        require(std::get<protocol::turn>(std::get<protocol::client_frame>(again)).digest == turn->digest,
                "the same turn has the same digest");
    }
}

void resume(std::string_view bytes) {
    auto stored = take_line(bytes);
    auto place = take_line(bytes);
    auto decoded = protocol::decode(bytes);
    auto devices = service::restore_devices(stored);
    if (devices) {
        auto text = service::serialise(*devices);
        auto again = service::restore_devices(text);
        require(again && service::serialise(*again) == text, "devices are read as they were written");
    }
    auto* frame = std::get_if<protocol::client_frame>(&decoded);
    auto* hello = frame ? std::get_if<protocol::hello>(frame) : nullptr;
    if (!hello) return;
    auto comma = std::min(place.find(','), place.size());
    service::log_extent log{"0123456789abcdef", number_in(place), 1, 0};
    log.floor = std::max<std::uint64_t>(
        1, std::min(number_in(place.substr(std::min(comma + 1, place.size()))), log.head + 1));
    log.bytes = log.head;
    auto found = service::decide_resume({hello->epoch, hello->ack}, log, {});
    bool same = hello->epoch == log.epoch;
    switch (found.outcome) {
    case protocol::welcome_outcome::lossless:
        require(same && hello->ack == log.head, "lossless is for who has everything");
        break;
    case protocol::welcome_outcome::replayed:
        require(same && found.from == *hello->ack + 1, "a replay begins behind what the client has");
        require(*found.from >= log.floor && *found.from <= log.head, "a replay is in the log");
        break;
    default:
        require(found.outcome == protocol::welcome_outcome::snapshot && !found.reason.empty(),
                "anything else is a snapshot with a reason");
    }
    if (!devices || !hello->resume) return;
    for (auto& [id, device] : *devices)
        if (device.tokens.find(*hello->resume, from_unix(0)) == service::resume_tokens::match::issued)
            require(device.tokens.confirm(*hello->resume, from_unix(0), milliseconds(1)),
                    "an issued token is confirmed");
}

void robot(std::string_view bytes) {
    steady_time now{};
    websocket::robot::transaction_limits limits;
    websocket::robot::transactions open("fuzz", limits, now);
    for (int frames = 0; !bytes.empty() && frames < 1000; ++frames) {
        auto line = take_line(bytes);
        std::vector<websocket::robot::action> actions;
        if (line.starts_with('#'))
            actions = open.on_audio(number_in(line.substr(1)) % (limits.audio_bytes * 2), now);
        else if (line.starts_with('@'))
            actions = open.on_time(
                now += milliseconds(static_cast<std::int64_t>(number_in(line.substr(1)) % 1'000'000)));
        else
            actions = open.on_text(line, now);
        require(open.open() <= limits.open_transactions, "open transactions are bounded");
        for (const auto& one : actions)
            if (std::holds_alternative<websocket::robot::hang_up>(one)) return;
    }
}

void recording(std::string_view bytes) {
    if (!service::is_session_recording(bytes)) {
        auto read = service::read_recording("it", bytes);
        if (auto* wrong = std::get_if<service::recording_error>(&read))
            require(!wrong->message.empty(), "an error has a sentence");
        return;
    }
    auto read = service::read_session_recording("it", bytes);
    auto* parts = std::get_if<std::vector<service::session_recording>>(&read);
    if (!parts) return;
    for (const auto& session : *parts) {
        auto lines = service::to_lines(session);
        auto again = service::read_session_recording("it", lines);
        require(std::holds_alternative<std::vector<service::session_recording>>(again),
                "a recording that was written can be read");
        if (session.document.is_null()) continue;
        auto machine = statemachine::load_definition(session.document).machine;
        if (machine) (void)service::retake(session, *machine);
    }
}

void machine(std::string_view bytes) {
    auto document = take_line(bytes);
    auto loaded = statemachine::load_definition_text(document);
    require(loaded.machine || !loaded.problems.empty(), "what is refused is refused for a reason");
    if (!loaded.machine) return;
    statemachine::step_inputs inputs{from_unix(1), 1, json::object()};
    auto begun = statemachine::start(*loaded.machine, inputs);
    if (begun.error) return;
    auto stepped = statemachine::step(*loaded.machine, begun.next,
                                      {"turn.text", {{"text", std::string(bytes)}}}, inputs);
    if (stepped.error) return;
    auto text = statemachine::serialise(*loaded.machine, stepped.next);
    require(!text.empty(), "a state can be stored");
}

std::span<const target> targets() {
    static constexpr std::array all{
        target{"client_frame", client_frame}, target{"resume", resume},   target{"robot", robot},
        target{"recording", recording},       target{"machine", machine}, target{"snapshot", snapshot},
        target{"event_stream", event_stream}};
    return all;
}

} // namespace rejoinder::tests::fuzz
