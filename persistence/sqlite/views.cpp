#include "persistence/sqlite/views.hpp"

#include "persistence/hash.hpp"
#include "persistence/sqlite/meta.hpp"
#include "persistence/sqlite/repeats.hpp"
#include "persistence/sqlite/triples.hpp"
#include "persistence/stores/record_types.hpp"

#include <string_view>
#include <vector>

namespace rejoinder::persistence::sqlite {
namespace {

struct view {
    std::string name;
    std::string query;
};

/// A column of milliseconds as people read it.
std::string time(std::string_view column, std::string_view name) {
    std::string text = "strftime('%Y-%m-%dT%H:%M:%fZ', ";
    return text.append(column).append(" / 1000.0, 'unixepoch') as ").append(name);
}

view of_records(std::string_view type) {
    std::string name(type);
    return {name, "select account, loop, device, person, key, revision, " + time("created", "created") +
                      ", " + time("updated", "updated") + ", " + time("expires", "expires") +
                      ", value from record where type = '" + name + "'"};
}

view of_sessions() {
    return {"sessions", "select id, account, loop, device, person, user, machine, machine_version, revision, "
                        "resets, head, floor, log_bytes, owner_node, owner_generation, " +
                            time("created", "created") + ", " + time("last_seen", "last_seen") + ", " +
                            time("expires", "expires") + ", " + time("closed", "closed") +
                            ", devices, metadata, state, said from session"};
}

/// By the places of the entries, so that those of one session are found without a walk through the log.
std::string log_of_sessions() {
    return " from (select session, position from session_log_index union all select session.key, " +
           number_of_triple(2) +
           " from session, json_each(iif(json_valid(recent), recent, '[]'))) as place join session on "
           "session.key = place.session join session_log as log on log.position = place.position and "
           "log.session = place.session";
}

view of_turns() {
    return {"turns", "select session.id as session, log.turn, log.device, log.number, log.status, log.first, "
                     "log.last, " +
                         time("log.at", "at") + ", log.input, log.outcome" + log_of_sessions() +
                         " where log.turn <> ''"};
}

/// The elements of a text that is a JSON array, as rows; what is none of it has none.
std::string elements(std::string_view text) {
    return log_of_sessions()
        .append(", json_each(iif(json_valid(")
        .append(text)
        .append("), ")
        .append(text)
        .append(", '[]')) as element where element.type = 'object'");
}

std::string member(std::string_view name) {
    // SQLite looks into elements that are left out, too.
    return "json_extract(iif(element.type = 'object', element.value, '{}'), '$." + std::string(name) + "')";
}

view of_events() {
    return {"events", "select session.id as session, " + member("seq") + " as seq, " + member("kind") +
                          " as kind, " + member("turn") + " as turn, " + time(member("at"), "at") + ", " +
                          member("data") + " as data" + elements("log.events")};
}

view of_messages() {
    return {"messages", "select session.id as session, log.turn, " + member("by") + " as by, " +
                            member("text") + " as text, " + time(member("at"), "at") +
                            elements(whole_messages_in_sql())};
}

std::vector<view> all_views() {
    std::vector<view> views;
    for (const auto& type : record_types())
        views.push_back(of_records(type.shape.type));
    for (auto&& one : {of_sessions(), of_turns(), of_events(), of_messages()})
        views.push_back(one);
    return views;
}

std::string as_name(std::string_view name) {
    std::string text = "\"";
    for (char c : name)
        text.append(c == '"' ? 2 : 1, c);
    return text + '"';
}

/// The names, one a line.
std::string names_of(const std::vector<view>& views) {
    std::string names;
    for (const auto& one : views)
        names += one.name + '\n';
    return names;
}

std::string removal_of(std::string_view names) {
    std::string sql;
    for (auto end = names.find('\n'); end != names.npos; end = names.find('\n')) {
        sql += "drop view if exists " + as_name(names.substr(0, end)) + ";";
        names.remove_prefix(end + 1);
    }
    return sql;
}

std::string creation_of(const std::vector<view>& views) {
    std::string sql;
    for (const auto& one : views)
        sql += "create view " + as_name(one.name) + " as " + one.query + ";";
    return sql;
}

} // namespace

void refresh_views(connection& on, const std::string& path) {
    auto views = all_views();
    auto creation = creation_of(views);
    auto checksum = sha256_hex(creation);
    try {
        if (meta(on, "views", {}) == checksum) return;
        on.execute("begin immediate");
        on.execute(removal_of(meta(on, "view_names", {}))); // of the program that made them
        on.execute(removal_of(names_of(views)));
        on.execute(creation);
        set_meta(on, "views", checksum);
        set_meta(on, "view_names", names_of(views));
        on.execute("commit");
    } catch (const failure& broken) {
        report(broken, "make_views", path);
        if (on.in_transaction()) on.execute("rollback");
    }
}

} // namespace rejoinder::persistence::sqlite
