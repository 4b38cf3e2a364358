#include "service/replay/session_recording.hpp"

#include "persistence/error.hpp"
#include "persistence/lifecycle/pages.hpp"
#include "service/recorded_step.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rejoinder::service {
namespace {

using persistence::errc;
using persistence::log_entry;

/// Thrown inside this file only: a recording is read as a whole or not at all.
struct wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Whether something is missing in front of it: an entry that was let go keeps its number and nothing else.
bool was_let_go(const log_entry& entry) {
    return entry.last >= entry.first && (entry.events.empty() || entry.events == "[]");
}

/// Whether everything behind the entry can be made again: the session is born in it, or goes over to another
/// version of its machine and says what it was.
bool is_beginning(const log_entry& entry) {
    return (entry.first <= 1 && !was_let_go(entry)) || version_change_in(entry.input);
}

/// The parts of a stored session, entry by entry.
class stored_parts {
public:
    stored_parts(const persistence::session_row& row, const machine_catalog& machines)
        : row_(row), machines_(machines) {}

    bool empty() const noexcept { return parts_.empty() && part_.commits.empty(); }

    void add(log_entry entry) {
        if (auto change = version_change_in(entry.input)) {
            if (!part_.commits.empty()) end_part(change->from, std::move(change->hash), change->state);
            part_ = {};
            part_.start = recorded_start{std::move(change->state), entry.first - 1};
        }
        part_.commits.push_back(to_recorded_commit(std::move(entry)));
    }

    std::vector<session_recording> finish() && {
        end_part(row_.machine_version, row_.machine_hash, row_.state);
        return std::move(parts_);
    }

private:
    void end_part(std::int64_t version, std::string hash, std::string state) {
        part_.session = row_.id.text;
        part_.machine = row_.machine;
        part_.machine_version = version;
        part_.machine_hash = std::move(hash);
        part_.state = std::move(state);
        if (const auto* machine = machines_.find(part_.machine, version, part_.machine_hash))
            part_.document = machines_.document_of(*machine);
        parts_.push_back(std::move(part_));
    }

    const persistence::session_row& row_;
    const machine_catalog& machines_;
    session_recording part_;
    std::vector<session_recording> parts_;
};

/// Takes the lines of a recording, one after the other.
class reader {
public:
    void take(std::string_view text) {
        auto parsed = parse_json(text, stored_limits);
        bool readable = !parsed.error && parsed.value.is_object();
        if (readable && parsed.value.contains("recording"))
            begin(parsed.value, text);
        else if (readable && parsed.value.contains("gap"))
            lack(parsed.value.at("gap").get<std::size_t>());
        else if (!parts_.empty() && parts_.back().live)
            take_live(readable, parsed.value);
        else
            take_exported(parsed);
    }

    std::vector<session_recording> finish() {
        if (parts_.empty() || (!parts_.back().live && !ended_)) throw wrong("its end is missing");
        return std::move(parts_);
    }

private:
    void begin(const json& line, std::string_view text) {
        if (!parts_.empty() && !parts_.back().live && !ended_) throw wrong("it has a second head");
        session_recording part;
        static_cast<recording_head&>(part) = read_head(line);
        if (line.at("machine").contains("document"))
            part.document = parse_ordered_json(text, stored_limits).value["machine"]["document"];
        part.lost = std::exchange(lost_in_front_, 0);
        if (!parts_.empty()) {
            const auto& before = parts_.back();
            if (part.live != before.live || part.session != before.session)
                throw wrong("it is of another recording");
            if (!part.live && !part.start) throw wrong("it has a second beginning");
            bool same_machine = part.machine_hash == before.machine_hash;
            if (part.document.is_null() && same_machine) part.document = before.document;
            // A commit that brings another machine is no step of either; it has events of its own.
            if (part.start && part.start->head != head_ && same_machine && !lack_) ++part.lost;
        }
        head_ = part.start ? part.start->head : 0;
        lack_ = false;
        ended_ = false;
        parts_.push_back(std::move(part));
    }

    void lack(std::size_t lines) {
        (parts_.empty() ? lost_in_front_ : parts_.back().lost) += lines;
        lack_ = true;
    }

    void take_live(bool readable, const json& line) {
        if (!readable) lack(1);
        if (lack_) return;
        if (line.contains("end"))
            take_end(line);
        else if (is_message(line))
            take_frame(line);
        else
            take_commit(line);
    }

    void take_exported(const json_parse_result& parsed) {
        if (parsed.error) throw wrong(parsed.error->message);
        if (ended_ || !parsed.value.is_object()) throw wrong("a recording has an object a line, and one end");
        if (parts_.empty()) throw wrong("a recording begins with its session");
        ended_ = parsed.value.contains("end");
        if (ended_)
            take_end(parsed.value);
        else
            take_commit(parsed.value);
    }

    void take_end(const json& line) {
        auto& part = parts_.back();
        if (line.at("end").get<std::size_t>() != part.commits.size())
            throw wrong("lines are missing in front of it");
        part.state = line.at("state").get<std::string>();
    }

    void take_frame(const json& line) {
        auto& part = parts_.back();
        part.frames.push_back(read_message(line));
        part.frames.back().behind = part.commits.size();
    }

    void take_commit(const json& line) {
        auto& part = parts_.back();
        part.commits.push_back(read_commit(line));
        part.state.clear();
        head_ = part.commits.back().last;
    }

    std::vector<session_recording> parts_;
    std::uint64_t head_ = 0; ///< of the session, behind the latest line
    std::size_t lost_in_front_ = 0;
    bool lack_ = false; ///< what follows, up to the next head, has lost what it rests on
    bool ended_ = false;
};

} // namespace

std::string to_lines(const session_recording& recorded) {
    auto lines = to_line(recorded, recorded.document);
    auto frame = recorded.frames.begin();
    auto add_frames = [&](std::size_t commits) {
        for (; frame != recorded.frames.end() && frame->behind <= commits; ++frame)
            lines += to_line(*frame);
    };
    for (std::size_t i = 0; i < recorded.commits.size(); ++i) {
        add_frames(i);
        lines += to_line(recorded.commits[i]);
    }
    add_frames(recorded.commits.size());
    bool has_end = !recorded.live || !recorded.state.empty();
    return has_end ? lines + to_end_line(recorded.commits.size(), recorded.state) : lines;
}

std::variant<std::vector<session_recording>, recording_error> read_session_recording(const std::string& name,
                                                                                     std::string_view lines) {
    reader read;
    std::size_t number = 0;
    try {
        while (!lines.empty()) {
            ++number;
            auto length = std::min(lines.find('\n'), lines.size());
            read.take(lines.substr(0, length));
            lines.remove_prefix(std::min(length + 1, lines.size()));
        }
        ++number;
        return read.finish();
    } catch (const std::exception& problem) {
        return recording_error{name + ", line " + std::to_string(number) + ": " + problem.what()};
    }
}

std::string to_lines(const std::vector<session_recording>& parts) {
    std::string lines;
    for (const auto& part : parts)
        lines += to_lines(part);
    return lines;
}

task<result<std::vector<session_recording>>> record_session(persistence::database* store, session_id id,
                                                            const machine_catalog* machines,
                                                            log_start wanted) {
    auto reading = store->read_session(std::move(id));
    auto row = co_await std::move(reading);
    if (!row) co_return row.error();
    stored_parts made(*row, *machines);
    persistence::lifecycle::log_pages pages(*store, row->key);
    for (;;) {
        auto paging = pages.next();
        auto page = co_await std::move(paging);
        if (!page) co_return page.error();
        if (page->empty()) break;
        if (made.empty() && !is_beginning(page->front()) && wanted == log_start::needed)
            co_return errc::trimmed;
        for (auto& entry : *page)
            if (entry.revision <= row->revision) made.add(std::move(entry)); // later is not in the state
    }
    if (made.empty() && row->head > 0 && wanted == log_start::needed) co_return errc::trimmed;
    co_return std::move(made).finish();
}

} // namespace rejoinder::service
