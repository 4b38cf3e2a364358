#include "service/replay/session_recording.hpp"

#include "persistence/error.hpp"
#include "persistence/lifecycle/pages.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rejoinder::service {
namespace {

using persistence::errc;
using persistence::log_entry;

constexpr std::string_view beginning = R"({"recording":"session",)";
constexpr int format = 1;

/// Thrown inside this file only: a recording is read as a whole or not at all.
struct wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The value of a stored JSON text, so that a recording can be read; null where nothing is stored.
json value_of(const std::string& text) {
    return text.empty() ? json() : parse_json(text, stored_limits).value;
}

std::string text_of(const json& value) {
    return value.is_null() ? "" : to_text(value);
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

session_recording read_head(const json& line) {
    if (line.value("format", 0) != format) throw wrong("it is of another version of this program");
    session_recording read;
    read.session = line.at("session").get<std::string>();
    const auto& machine = line.at("machine");
    read.machine = machine.at("id").get<std::string>();
    read.machine_version = machine.at("version").get<std::int64_t>();
    read.machine_hash = machine.at("hash").get<std::string>();
    read.document = machine.value("document", json());
    return read;
}

recorded_commit commit_of(const log_entry& entry) {
    return {entry.turn.text, entry.device.text, entry.number,   entry.last,   entry.status,
            entry.input,     entry.events,      entry.messages, entry.outcome};
}

/// Whether something is missing in front of it: an entry that was let go keeps its number and nothing else.
bool was_let_go(const log_entry& entry) {
    return entry.last >= entry.first && (entry.events.empty() || entry.events == "[]");
}

} // namespace

bool is_session_recording(std::string_view text) {
    return text.starts_with(beginning);
}

std::string to_lines(const session_recording& recorded) {
    json machine = {
        {"id", recorded.machine}, {"version", recorded.machine_version}, {"hash", recorded.machine_hash}};
    if (!recorded.document.is_null()) machine["document"] = recorded.document;
    // What tells the kind of a recording comes first, whatever order a library writes members in.
    auto lines =
        std::string(beginning) +
        to_text({{"format", format}, {"session", recorded.session}, {"machine", machine}}).substr(1) + "\n";
    for (const auto& one : recorded.commits)
        lines += to_line(one);
    return lines + to_text({{"end", recorded.commits.size()}, {"state", recorded.state}}) + "\n";
}

std::variant<session_recording, recording_error> read_session_recording(const std::string& name,
                                                                        std::string_view lines) {
    session_recording read;
    bool ended = false;
    std::size_t number = 0;
    try {
        while (!lines.empty()) {
            ++number;
            auto length = std::min(lines.find('\n'), lines.size());
            auto parsed = parse_json(lines.substr(0, length), stored_limits);
            lines.remove_prefix(std::min(length + 1, lines.size()));
            if (parsed.error) throw wrong(parsed.error->message);
            if (ended || !parsed.value.is_object())
                throw wrong("a recording has an object a line, and one end");
            const auto& line = parsed.value;
            ended = line.contains("end");
            if (number == 1)
                read = read_head(line);
            else if (!ended)
                read.commits.push_back(read_commit(line));
            else if (line.at("end").get<std::size_t>() != read.commits.size())
                throw wrong("lines are missing in front of it");
            else
                read.state = line.at("state").get<std::string>();
        }
        ++number;
        if (!ended) throw wrong("its end is missing");
    } catch (const std::exception& problem) {
        return recording_error{name + ", line " + std::to_string(number) + ": " + problem.what()};
    }
    return read;
}

task<result<session_recording>> record_session(persistence::database* store, session_id id,
                                               const machine_catalog* machines, log_start wanted) {
    auto reading = store->read_session(std::move(id));
    auto row = co_await std::move(reading);
    if (!row) co_return row.error();
    session_recording made;
    made.session = row->id.text;
    made.machine = row->machine;
    made.machine_version = row->machine_version;
    made.machine_hash = row->machine_hash;
    made.state = row->state;
    if (const auto* machine = machines->find(row->machine); machine && machine->hash() == row->machine_hash)
        made.document = machines->document_of(row->machine);

    persistence::lifecycle::log_pages pages(*store, row->key);
    for (;;) {
        auto paging = pages.next();
        auto page = co_await std::move(paging);
        if (!page) co_return page.error();
        if (page->empty()) break;
        bool from_birth = page->front().first <= 1 && !was_let_go(page->front());
        if (made.commits.empty() && !from_birth && wanted == log_start::needed) co_return errc::trimmed;
        for (const auto& entry : *page)
            if (entry.revision <= row->revision)
                made.commits.push_back(commit_of(entry)); // later is not in the state
    }
    if (made.commits.empty() && row->head > 0 && wanted == log_start::needed) co_return errc::trimmed;
    co_return made;
}

} // namespace rejoinder::service
