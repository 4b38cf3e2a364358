#include "service/recording/lines.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <utility>

namespace rejoinder::service {
namespace {

constexpr std::string_view beginning = R"({"recording":"session",)";
constexpr std::string_view gap_beginning = R"({"gap":)";
constexpr int format = 1;

constexpr std::string_view redacted = "<redacted>";
constexpr std::array<std::string_view, 2> secret_members{"token", "resume"};

constexpr std::array<std::string_view, 18> known_types{
    "hello",       "welcome", "snapshot", "event", "part",  "turn",  "accepted", "rejected", "cancel",
    "tool_result", "ack",     "ping",     "pong",  "token", "drain", "taken",    "error",    "bye"};

constexpr std::array<std::pair<std::string_view, recorded_message::direction>, 3> ways{
    {{"in", recorded_message::direction::in},
     {"out", recorded_message::direction::out},
     {"closed", recorded_message::direction::closed}}};

bool is_among(std::span<const std::string_view> known, const json& text) {
    return std::ranges::find(known, text.get_ref<const std::string&>()) != known.end();
}

/// The value of a stored JSON text, so that a recording can be read; null where nothing is stored.
json value_of(const std::string& text) {
    return text.empty() ? json() : parse_json(text, stored_limits).value;
}

std::string text_of(const json& value) {
    return value.is_null() ? "" : to_text(value);
}

constexpr std::array<std::string_view, 8> robot_types{
    "LISTEN", "CLIENT_NLU", "CLIENT_ASR", "TRIGGER", "CONTEXT", "EOS", "SKILL_ACTION", "SKILL_REDIRECT"};

bool is_secret(std::string_view name) {
    return std::ranges::find(secret_members, name) != secret_members.end();
}

/// A robot's frames have members of whatever its firmware thinks of.
bool is_secret_of_robot(std::string_view name) {
    static constexpr std::array<std::string_view, 4> words{"token", "password", "secret", "authorization"};
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::ranges::any_of(words, [&](auto word) { return lower.find(word) != std::string::npos; });
}

/// At any depth: what a client has put into the wrong place is a secret there, too.
void hide_secrets(json& value, bool (*is_one)(std::string_view)) {
    for (auto& [name, member] : value.items()) {
        if (value.is_object() && is_one(name))
            member = redacted;
        else if (member.is_structured())
            hide_secrets(member, is_one);
    }
}

} // namespace

recorded_commit to_recorded_commit(persistence::log_entry entry) {
    return {std::move(entry.turn.text),
            std::move(entry.device.text),
            entry.number,
            entry.last,
            std::move(entry.status),
            std::move(entry.input),
            std::move(entry.events),
            std::move(entry.messages),
            std::move(entry.outcome)};
}

bool is_session_recording(std::string_view text) {
    return is_head(text) || text.starts_with(gap_beginning);
}

bool is_head(std::string_view line) {
    return line.starts_with(beginning);
}

std::string to_line(const recording_head& head, const ordered_json& document) {
    ordered_json machine = {
        {"id", head.machine}, {"version", head.machine_version}, {"hash", head.machine_hash}};
    if (!document.is_null()) machine["document"] = document;
    ordered_json line = {{"format", format}, {"session", head.session}, {"machine", std::move(machine)}};
    if (head.start) line["start"] = {{"state", head.start->state}, {"head", head.start->head}};
    if (head.live) line["live"] = true;
    if (const auto& owner = head.owner; !owner.account.empty())
        line["owner"] = {{"account", owner.account}, {"user", owner.user}, {"person", owner.person}};
    // What tells the kind of a recording comes first, whatever order a library writes members in.
    return std::string(beginning) + to_ordered_text(line).substr(1) + "\n";
}

std::string to_line(const recorded_commit& one) {
    json line = {{"last", one.last}};
    if (!one.turn.empty())
        line.update(
            {{"turn", one.turn}, {"device", one.device}, {"number", one.number}, {"status", one.status}});
    for (const auto& [member, text] :
         {std::pair("step", &one.step), std::pair("events", &one.events),
          std::pair("messages", &one.messages), std::pair("outcome", &one.outcome)})
        if (auto value = value_of(*text); !value.is_null()) line[member] = std::move(value);
    return to_text(line) + "\n";
}

std::string to_line(const recorded_message& one) {
    auto way = std::ranges::find(ways, one.way, [](const auto& known) { return known.second; });
    return to_text({{way->first, one.what}, {"at", one.at}}) + "\n";
}

std::string to_end_line(std::size_t commits, const std::string& state) {
    return to_text({{"end", commits}, {"state", state}}) + "\n";
}

std::string to_gap_line(std::size_t lost) {
    return to_text({{"gap", lost}}) + "\n";
}

json redact(std::string_view message, message_form how) {
    auto parsed = parse_json(message, stored_limits);
    if (!parsed || !parsed.value.is_object()) return nullptr;
    if (how == message_form::as_it_is) return std::move(parsed.value);
    auto type = parsed.value.value("type", json());
    if (!type.is_string()) return json::object();
    bool robot = how == message_form::robot_frame;
    if (!is_among(robot ? std::span<const std::string_view>(robot_types) : known_types, type))
        return {{"type", "<unknown>"}};
    hide_secrets(parsed.value, robot ? is_secret_of_robot : is_secret);
    return std::move(parsed.value);
}

recording_head read_head(const json& line) {
    if (line.value("format", 0) != format)
        throw std::runtime_error("it is of another version of this program");
    recording_head read;
    read.session = line.at("session").get<std::string>();
    const auto& machine = line.at("machine");
    read.machine = machine.at("id").get<std::string>();
    read.machine_version = machine.at("version").get<std::int64_t>();
    read.machine_hash = machine.at("hash").get<std::string>();
    read.live = line.value("live", false);
    if (line.contains("start"))
        read.start = {line["start"].at("state").get<std::string>(),
                      line["start"].at("head").get<std::uint64_t>()};
    if (line.contains("owner")) {
        const auto& owner = line["owner"];
        read.owner = {owner.at("account").get<std::string>(), owner.at("user").get<std::string>(),
                      owner.at("person").get<std::string>()};
    }
    return read;
}

recorded_commit read_commit(const json& line) {
    recorded_commit one;
    one.last = line.at("last").get<std::uint64_t>();
    one.turn = line.value("turn", "");
    one.device = line.value("device", "");
    one.number = line.value("number", std::uint64_t{0});
    one.status = line.value("status", "");
    one.step = text_of(line.value("step", json()));
    one.events = text_of(line.value("events", json()));
    one.messages = text_of(line.value("messages", json()));
    one.outcome = text_of(line.value("outcome", json()));
    return one;
}

bool is_message(const json& line) {
    return std::ranges::any_of(ways, [&](const auto& way) { return line.contains(way.first); });
}

recorded_message read_message(const json& line) {
    recorded_message one;
    one.at = line.at("at").get<std::int64_t>();
    for (const auto& [name, way] : ways) {
        if (!line.contains(name)) continue;
        one.way = way;
        one.what = line.at(name);
    }
    return one;
}

} // namespace rejoinder::service
