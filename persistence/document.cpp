#include "persistence/document.hpp"

#include "persistence/columns.hpp"
#include "persistence/document_members.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::persistence {
namespace {

using members::reading;
using members::text_name;
using members::writing;

constexpr int deepest = 256;

/// The names of a list of columns, one after the other.
class column_names {
public:
    explicit column_names(std::string_view list) : rest_(list) {}
    std::string next() {
        auto end = std::min(rest_.find(", "), rest_.size());
        std::string name(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 2, rest_.size()));
        return name;
    }

private:
    std::string_view rest_;
};

template <class Direction, class Record>
void go_through(Direction& direction, std::string_view columns, Record& record) {
    column_names names(columns);
    std::apply([&](auto&... members) { (direction.member(names.next(), members), ...); }, fields(record));
}

template <class Direction, class Row>
void go_through_session(Direction& direction, Row& row) {
    direction.member("key", row.key.value);
    direction.member("id", row.id.text);
    go_through(direction, session_columns, row);
}

template <class Direction, class Fence>
void go_through_fence(Direction& direction, Fence& fence) {
    direction.member("owner_generation", fence.owner_generation);
    direction.member("revision", fence.revision.value);
}

template <class Direction, class Id>
void go_through_id(Direction& direction, Id& id) {
    auto& owner = id.scope;
    direction.member("account", owner.account);
    direction.member("type", id.type);
    direction.member("loop", owner.loop);
    direction.member("device", owner.device);
    direction.member("person", owner.person);
    direction.member("key", id.key);
}

template <class Direction, class Write>
void go_through_target(Direction& direction, Write& write) {
    go_through_id(direction, write.id);
    direction.member("schema_version", write.schema_version);
    direction.member("expires", write.expires);
    direction.member("expected", write.expected.value);
}

constexpr std::array<std::pair<write_mode, std::string_view>, 3> modes{
    {{write_mode::create_only, "create"}, {write_mode::if_revision, "replace"}, {write_mode::upsert, "put"}}};

document to_document(const session_change& change) {
    document made = document::object();
    writing into(made);
    go_through_session(into, change.row);
    document whole{{"row", std::move(made)}};
    if (change.expected) {
        document fence = document::object();
        writing fencing(fence);
        go_through_fence(fencing, *change.expected);
        whole["expected"] = std::move(fence);
    }
    if (change.append) whole["append"] = to_document(*change.append);
    writing(whole).member("forget_before", change.forget_before);
    return whole;
}

document to_document(const record_write& write) {
    document made = document::object();
    writing into(made);
    auto mode = std::ranges::find(modes, write.mode, &std::pair<write_mode, std::string_view>::first);
    made["mode"] = mode->second;
    go_through_target(into, write);
    if (write.value && write.value->empty())
        made[text_name("value")] = "";
    else if (write.value)
        into.member("value", *write.value);
    return made;
}

template <class Record, class Through>
std::optional<Record> read_whole(const document& from, Through through) {
    Record made;
    reading of(from);
    through(of, made);
    if (!of.is_complete()) return std::nullopt;
    return made;
}

std::optional<session_fence> to_fence(const document& from) {
    return read_whole<session_fence>(from,
                                     [](reading& of, session_fence& made) { go_through_fence(of, made); });
}

std::optional<session_change> to_session_change(const document& from) {
    return read_whole<session_change>(from, [](reading& of, session_change& made) {
        const auto* row = of.take("row");
        auto read_row = row ? to_session_row(*row) : std::nullopt;
        if (!read_row) return of.refuse();
        made.row = std::move(*read_row);
        if (const auto* expected = of.take("expected"); expected && !(made.expected = to_fence(*expected)))
            of.refuse();
        if (const auto* append = of.take("append"); append && !(made.append = to_log_entry(*append)))
            of.refuse();
        of.member("forget_before", made.forget_before);
    });
}

document to_document(const session_removal& removal) {
    document made = document::object();
    writing into(made);
    into.member("id", removal.id.text);
    into.member("expected", removal.expected.value);
    return made;
}

std::optional<session_removal> to_removal(const document& from) {
    return read_whole<session_removal>(from, [](reading& of, session_removal& made) {
        of.member("id", made.id.text);
        of.member("expected", made.expected.value);
    });
}

document to_document(const moved_session& session) {
    document made = document::object();
    made["part"] = session.which == moved_session::part::first ? "first" : "further";
    made["row"] = to_document(session.row);
    for (const auto& entry : session.entries)
        made["entries"].push_back(to_document(entry));
    return made;
}

/// Reads the elements of a member that is an array of what `Read` makes; an empty one may be missing.
template <class Element, class Read>
void read_list(reading& of, const std::string& name, std::vector<Element>& into, Read read) {
    const auto* list = of.take(name);
    if (!list) return;
    if (!list->is_array()) return of.refuse();
    for (const auto& one : *list) {
        auto made = read(one);
        if (!made) return of.refuse();
        into.push_back(std::move(*made));
    }
}

std::optional<moved_session> to_moved_session(const document& from) {
    return read_whole<moved_session>(from, [](reading& of, moved_session& made) {
        std::string part;
        of.member("part", part);
        const auto* row = of.take("row");
        auto read_row = row ? to_session_row(*row) : std::nullopt;
        if (!read_row || (part != "first" && part != "further")) return of.refuse();
        made.row = std::move(*read_row);
        made.which = part == "first" ? moved_session::part::first : moved_session::part::further;
        read_list(of, "entries", made.entries, to_log_entry);
    });
}

std::optional<record_write> to_write(const document& from) {
    return read_whole<record_write>(from, [&](reading& of, record_write& made) {
        std::string name;
        of.member("mode", name);
        auto mode = std::ranges::find(modes, name, &std::pair<write_mode, std::string_view>::second);
        if (mode == modes.end()) return of.refuse();
        made.mode = mode->first;
        made.schema_version = 0;
        go_through_target(of, made);
        if (!from.contains("value") && !from.contains(text_name("value"))) return;
        of.member("value", made.value.emplace());
    });
}

} // namespace

document to_document(const record& from) {
    document made = document::object();
    writing into(made);
    go_through(into, record_columns, from);
    return made;
}

document to_document(const session_row& from) {
    document made = document::object();
    writing into(made);
    go_through_session(into, from);
    return made;
}

document to_document(const log_entry& from) {
    document made = document::object();
    writing into(made);
    go_through(into, log_columns, from);
    return made;
}

document to_document(const change_set& from) {
    document made = document::object();
    writing(made).member("now", from.now);
    if (from.session) made["session"] = to_document(*from.session);
    for (const auto& write : from.writes)
        made["writes"].push_back(to_document(write));
    for (const auto& removal : from.removals)
        made["removals"].push_back(to_document(removal));
    return made;
}

document to_document(const transfer& from) {
    document made = document::object();
    if (from.how == transfer::manner::restate) made["how"] = "restate";
    for (const auto& one : from.records)
        made["records"].push_back(to_document(one));
    for (const auto& session : from.sessions)
        made["sessions"].push_back(to_document(session));
    return made;
}

document to_document(const change& from) {
    document made = document::object();
    writing into(made);
    made["operation"] = from.what == change::operation::put ? "put" : "removed";
    into.member("at", from.at);
    if (from.record)
        go_through_id(into, *from.record);
    else
        made["session"] = from.session.text;
    into.member("revision", from.revision.value);
    return made;
}

std::optional<record> to_record(const document& from) {
    return read_whole<record>(from, [](reading& of, record& made) {
        made.schema_version = 0;
        go_through(of, record_columns, made);
    });
}

std::optional<session_row> to_session_row(const document& from) {
    return read_whole<session_row>(from, [](reading& of, session_row& made) {
        made.floor = 0;
        go_through_session(of, made);
    });
}

std::optional<log_entry> to_log_entry(const document& from) {
    return read_whole<log_entry>(from,
                                 [](reading& of, log_entry& made) { go_through(of, log_columns, made); });
}

std::optional<change_set> to_change_set(const document& from) {
    return read_whole<change_set>(from, [](reading& of, change_set& made) {
        of.member("now", made.now);
        if (const auto* session = of.take("session");
            session && !(made.session = to_session_change(*session)))
            of.refuse();
        read_list(of, "writes", made.writes, to_write);
        read_list(of, "removals", made.removals, to_removal);
    });
}

std::optional<transfer> to_transfer(const document& from) {
    return read_whole<transfer>(from, [](reading& of, transfer& made) {
        std::string how;
        of.member("how", how);
        if (how == "restate")
            made.how = transfer::manner::restate;
        else if (!how.empty())
            return of.refuse();
        read_list(of, "records", made.records, to_record);
        read_list(of, "sessions", made.sessions, to_moved_session);
    });
}

std::optional<change> to_change(const document& from) {
    return read_whole<change>(from, [&](reading& of, change& made) {
        std::string operation;
        of.member("operation", operation);
        if (operation != "put" && operation != "removed") return of.refuse();
        made.what = operation == "put" ? change::operation::put : change::operation::removed;
        of.member("at", made.at);
        if (from.contains("session"))
            of.member("session", made.session.text);
        else
            go_through_id(of, made.record.emplace());
        of.member("revision", made.revision.value);
    });
}

std::string to_line(const document& from) {
    return from.dump();
}

std::optional<document> from_line(std::string_view line) {
    // nlohmann's parser takes it for the end of the text, whatever is behind it.
    if (line.find('\0') != line.npos) return std::nullopt;
    bool too_deep = false;
    auto keep = [&](int depth, document::parse_event_t, document&) {
        too_deep = too_deep || depth > deepest;
        return depth <= deepest;
    };
    auto parsed = document::parse(line, keep, false);
    if (parsed.is_discarded() || too_deep) return std::nullopt;
    return parsed;
}

} // namespace rejoinder::persistence
