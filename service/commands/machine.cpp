#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database.hpp"
#include "service/commands/session_failure.hpp"
#include "service/machine_catalog.hpp"
#include "service/machine_file.hpp"
#include "service/session_state.hpp"
#include "service/stored_review.hpp"
#include "statemachine/diagram.hpp"
#include "statemachine/migration_report.hpp"
#include "statemachine/report.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::service::commands {
namespace {

machine_file load(const std::string& file) {
    if (auto read = load_machine_file(file)) return std::move(*read);
    machine_file unread;
    unread.loaded.problems.push_back({statemachine::problem::severity::error, "", "the file can't be read"});
    return unread;
}

enum class output_form { lines, json };

/// What `machine check` says of files, for people as it comes, for programs at the end.
class machine_reports {
public:
    explicit machine_reports(output_form form) : as_json_(form == output_form::json) {}

    void add(const std::string& file, const statemachine::load_outcome& loaded) {
        if (as_json_)
            reports_.push_back(statemachine::describe_json(file, loaded));
        else
            std::fputs(statemachine::describe(file, loaded).c_str(), stdout);
        if (!loaded.machine)
            add_name(unsound_, file);
        else
            checked_.emplace_back(reports_.size(), file, *loaded.machine);
    }

    /// An older version, and what becomes of its sessions with the version among the files.
    void compare(const std::string& older_file, const statemachine::load_outcome& older) {
        if (!older.machine) {
            add(older_file, older);
            return;
        }
        auto newer = std::ranges::find(checked_, older.machine->id(),
                                       [](const checked& one) { return one.machine.id(); });
        if (newer == checked_.end()) {
            add_name(alone_, older_file);
            return;
        }
        auto review = statemachine::review_migration(*older.machine, newer->machine);
        if (as_json_)
            reports_[newer->number - 1]["against"].push_back(statemachine::describe_json(older_file, review));
        else
            std::fputs(statemachine::describe(newer->file, older_file, review).c_str(), stdout);
        if (!review.passed()) add_name(stranding_, newer->file);
    }

    /// What becomes of a store's sessions when the sound ones of the files are what is served. False when
    /// that can't be found out, which was said.
    bool look_into(command_loop& loop, const command_store& store) {
        machine_catalog served;
        for (const auto& one : checked_)
            if (!served.add(one.machine)) add_name(twice_, one.file);
        auto name = name_of(store.where());
        for (const auto& one : checked_) {
            const auto* newest = served.find(one.machine.id());
            if (newest->version() != one.machine.version() || newest->hash() != one.machine.hash()) continue;
            auto found = loop.watch("looking", [&](const persistence::lifecycle::on_progress& listener) {
                return review_stored(store.get(), &served, one.machine.id(), loop.env().utc_now(), listener);
            });
            if (!found) {
                fail("check", found.error());
                return false;
            }
            if (as_json_)
                reports_[one.number - 1]["stored"] = describe_json(name, *found);
            else
                std::fputs(describe(one.file, name, *found).c_str(), stdout);
            if (!found->passed()) add_name(stranding_, one.file);
        }
        return true;
    }

    int finish() const {
        if (as_json_) std::printf("%s\n", to_text(reports_).c_str());
        if (!unsound_.empty()) complain(unsound_ + ": no server can run this; mend what the report names");
        if (!alone_.empty()) complain(alone_ + ": none of the files is a newer version of it; name that one");
        if (!stranding_.empty())
            complain(stranding_ +
                     ": sessions would be refused; mend what the report names in its 'migrations'");
        if (!twice_.empty())
            complain(twice_ + ": another file has this version of the machine; raise the version of one");
        return unsound_.empty() && alone_.empty() && stranding_.empty() && twice_.empty() ? 0 : 1;
    }

private:
    struct checked {
        std::size_t number; ///< of its report, from 1
        std::string file;
        statemachine::definition machine;
    };

    static void add_name(std::string& to, const std::string& file) {
        if (to == file || to.ends_with(", " + file)) return;
        to += (to.empty() ? "" : ", ") + file;
    }

    bool as_json_;
    json reports_ = json::array();
    std::vector<checked> checked_;
    std::string unsound_;
    std::string alone_;
    std::string stranding_;
    std::string twice_;
};

void draw(const statemachine::definition& machine, const ordered_json& document, const std::string& format,
          const statemachine::snapshot& current) {
    auto how = format == "dot" ? statemachine::diagram_format::dot : statemachine::diagram_format::mermaid;
    std::fputs(statemachine::draw(machine, document, how, &current).c_str(), stdout);
}

} // namespace

int machine_check(const machine_check_options& options) {
    machine_reports reports(options.json ? output_form::json : output_form::lines);
    for (const auto& file : options.files)
        reports.add(file, load(file).loaded);
    for (const auto& file : options.against)
        reports.compare(file, load(file).loaded);
    if (options.store) {
        database_command where;
        where.config_file = options.config_file;
        where.database = options.store;
        command_loop loop;
        auto store = open_store(loop, where, beside_server::shared);
        if (!store || !reports.look_into(loop, *store)) return 1;
    }
    return reports.finish();
}

int machine_show(const machine_show_options& options) {
    auto read = load(options.file);
    const auto& loaded = read.loaded;
    if (!loaded.machine) {
        std::fputs(statemachine::describe(options.file, loaded).c_str(), stderr);
        complain(options.file + ": this is no machine that could be drawn; mend what is named above");
        return 1;
    }
    statemachine::snapshot current;
    for (const auto& path : options.states) {
        if (auto problem = statemachine::activate(*loaded.machine, path, current); !problem.empty()) {
            complain("--state: " + problem);
            return 2;
        }
    }
    draw(*loaded.machine, read.document, options.format, current);
    return 0;
}

int machine_show_session(const database_command& command, const std::string& format) {
    command_loop loop;
    auto values = load_command_config(command);
    if (!values) return 1;
    auto where = find_store(*values, values->database, wanted_store::existing);
    if (!where) return 1;
    auto store = open_store(loop, *where, beside_server::shared);
    if (!store) return 1;
    auto row = loop.run((*store)->read_session(session_id{command.session}));
    if (!row) return fail_session("show", command.session, row.error());
    std::vector<std::string> ignored; // of all machines there only the session's matters
    auto machines = load_machines(command.machines.value_or(values->machines), ignored);
    const auto* machine = machines.find(row->machine, row->machine_version, row->machine_hash);
    if (!machine) {
        complain("show: the machine '" + row->machine + "' " + std::to_string(row->machine_version) +
                 " that " + command.session +
                 " was stored with is not here; name its folder with --machines");
        return 1;
    }
    auto state = restore_state(*machine, row->state);
    if (!state) {
        complain("show: the state of " + command.session +
                 " is damaged; `rejoinder session reset` begins it anew");
        return 1;
    }
    draw(*machine, machines.document_of(*machine), format, state->machine);
    return 0;
}

} // namespace rejoinder::service::commands
