// The commands over single sessions: list, show and export.

#include "persistence/lifecycle/pages.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/commands/session_failure.hpp"
#include "service/machine_catalog.hpp"
#include "service/private_file.hpp"
#include "service/replay/session_recording.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace rejoinder::service::commands {
namespace {

using persistence::session_row;

json to_json(const session_row& row) {
    return {{"session", row.id.text},
            {"account", row.account.text},
            {"device", row.device.text},
            {"machine", {{"id", row.machine}, {"version", row.machine_version}}},
            {"head", row.head},
            {"floor", row.floor},
            {"created", to_unix(row.created)},
            {"last_seen", to_unix(row.last_seen)},
            {"expires", to_unix(row.expires)},
            {"ended", row.closed.has_value()}};
}

std::string to_line(const session_row& row) {
    return row.id.text + "  " + row.machine + " " + std::to_string(row.machine_version) + "  " +
           row.account.text + "/" + row.device.text + "  " + counted(row.head, "event") + "  last seen " +
           to_moment(row.last_seen) + (row.closed ? "  ended\n" : "\n");
}

using take_row = std::function<void(const session_row&)>;

task<error_code> walk(persistence::database* store, take_row take) {
    persistence::lifecycle::session_pages pages(*store);
    for (;;) {
        auto reading = pages.next();
        auto page = co_await std::move(reading);
        if (!page) co_return page.error();
        if (page->empty()) co_return error_code();
        for (const auto& row : *page)
            take(row);
    }
}

std::optional<std::vector<session_recording>> load(command_loop& loop, const database_command& command,
                                                   const std::string& doing, log_start wanted) {
    auto values = load_command_config(command);
    if (!values) return std::nullopt;
    auto where = find_store(*values, values->database, wanted_store::existing);
    if (!where) return std::nullopt;
    std::vector<std::string> ignored; // without its machine a session is recorded as well
    auto machines = load_machines(command.machines.value_or(values->machines), ignored);
    auto store = open_store(loop, *where, beside_server::shared);
    if (!store) return std::nullopt;
    auto recorded = loop.run(record_session(store->get(), session_id{command.session}, &machines, wanted));
    if (recorded) return std::move(*recorded);
    fail_session(doing, command.session, recorded.error());
    return std::nullopt;
}

/// What somebody said, for a terminal: nothing in it commands one or begins a line.
std::string to_plain(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto byte = static_cast<unsigned char>(text[at]);
        bool high_control =
            byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
        if (high_control) ++at;
        plain += byte < 0x20 || byte == 0x7F || high_control ? ' ' : text[at];
    }
    return plain;
}

std::size_t count_commits(const std::vector<session_recording>& parts) {
    std::size_t count = 0;
    for (const auto& part : parts)
        count += part.commits.size();
    return count;
}

std::string to_transcript(const std::vector<session_recording>& parts) {
    const auto& now = parts.back();
    std::string lines = now.session + ": " + now.machine + " " + std::to_string(now.machine_version) + ", " +
                        counted(count_commits(parts), "commit") + "\n";
    for (const auto& part : parts)
        for (const auto& commit : part.commits)
            for (const auto& said : parse_json(commit.messages, stored_limits).value)
                lines += said.value("by", "") + ": " + to_plain(said.value("text", "")) + "\n";
    return lines;
}

} // namespace

int session_list(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto rows = json::array();
    std::string lines;
    auto error = loop.run(walk(store->get(), [&](const session_row& row) {
        if (!command.account.empty() && row.account.text != command.account) return;
        if (command.json)
            rows.push_back(to_json(row));
        else
            lines += to_line(row);
    }));
    if (error) return fail("list", error);
    if (command.json)
        print_json(rows);
    else
        print_text(lines.empty() ? "there is no session\n" : lines);
    return 0;
}

int session_show(const database_command& command) {
    command_loop loop;
    auto recorded = load(loop, command, "show", log_start::optional);
    if (!recorded) return 1;
    if (!command.json) {
        print_text(to_transcript(*recorded));
        return 0;
    }
    auto commits = json::array();
    for (const auto& part : *recorded)
        for (const auto& one : part.commits)
            commits.push_back({{"turn", one.turn},
                               {"status", one.status},
                               {"last", one.last},
                               {"events", parse_json(one.events, stored_limits).value},
                               {"messages", parse_json(one.messages, stored_limits).value}});
    const auto& now = recorded->back();
    print_json({{"session", now.session}, {"machine", now.machine}, {"commits", std::move(commits)}});
    return 0;
}

int session_export(const database_command& command) {
    if (std::filesystem::exists(command.file)) {
        complain("export: " + command.file + " is there already; name a new file");
        return 1;
    }
    command_loop loop;
    auto recorded = load(loop, command, "export", log_start::needed);
    if (!recorded) return 1;
    if (!write_private_file(command.file, to_lines(*recorded))) {
        complain("export: " + command.file + " can't be written; name a file in a folder that can");
        return 1;
    }
    if (command.json)
        print_json({{"file", command.file}, {"commits", count_commits(*recorded)}});
    else
        print_text(counted(count_commits(*recorded), "commit") + " of " + command.session + " written to " +
                   command.file + "; `rejoinder replay " + command.file + "` makes them again\n");
    return 0;
}

} // namespace rejoinder::service::commands
