// The database commands that move data: export, import and copy.

#include "persistence/lifecycle/export.hpp"
#include "persistence/lifecycle/export_file.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/commands/database_subject.hpp"
#include "service/commands/database_transfer.hpp"

#include <system_error>

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;

result<lifecycle::item_counts> export_to(command_loop& loop, persistence::database& of,
                                         const std::string& path,
                                         const std::optional<lifecycle::subject>& only) {
    lifecycle::export_header about;
    about.store = to_string(of.type());
    about.incarnation = of.incarnation();
    about.version = REJOINDER_VERSION;
    about.at = loop.env().utc_now();
    if (only) about.of = describe(*only);

    lifecycle::export_file file(path);
    auto sink = [&file](std::string_view bytes) { file.append(bytes); };
    auto counts = loop.watch("exporting", [&](const lifecycle::on_progress& listener) {
        return lifecycle::export_store(&of, about, only, sink, listener);
    });
    if (counts) file.finish();
    return counts;
}

result<lifecycle::import_report> import_from(command_loop& loop, persistence::database& into,
                                             const std::string& path, lifecycle::import_options options) {
    auto open = [&path] { return lifecycle::read_file(path); };
    return loop.watch("importing", [&](const lifecycle::on_progress& listener) {
        return lifecycle::import_store(&loop.env(), &into, open, options, listener);
    });
}

int database_export(const database_command& command) {
    auto only = subject_of(command);
    if (!only && !(command.account.empty() && command.user.empty() && command.person.empty())) {
        complain("export: whose data? write --account A, or --account A with --user U or --person P");
        return 2;
    }
    command_loop loop;
    auto store = open_store(loop, command, beside_server::still);
    if (!store) return 1;
    try {
        auto counts = export_to(loop, **store, command.file, only);
        if (!counts) return fail("export", counts.error());
        if (command.json)
            print_json(to_json(*counts));
        else
            print_text(to_words(*counts) + " exported to " + command.file + "\n");
        return 0;
    } catch (const std::system_error& failure) {
        complain("export: " + command.file + ": " + failure.code().message() +
                 "; name another file, in a folder that can be written");
        return 1;
    }
}

namespace {

/// What is said of an import that was refused.
int refuse_import(const database_command& command, const lifecycle::import_report& report) {
    if (command.json)
        print_json(to_json(report));
    else
        print_text(to_lines(report));
    complain("import: nothing was changed, as " + command.file + " has " +
             counted(report.fault_count, "fault") +
             "; export it anew, or mend these lines in the store it is from");
    return 1;
}

} // namespace

int database_import(const database_command& command) {
    auto values = load_command_config(command);
    if (!values) return 1;
    auto where = find_store(*values, values->database, wanted_store::existing_or_new);
    if (!where) return 1;
    command_loop loop;
    auto store = open_store(loop, *where, beside_server::shared);
    if (!store) return 1;
    try {
        lifecycle::import_options options;
        options.how = lifecycle::run_mode::dry;
        auto preview = import_from(loop, **store, command.file, options);
        if (!preview) return fail("import", preview.error());
        if (preview->fault_count > 0) return refuse_import(command, *preview);
        auto question = counted(preview->replaced, "record or session") +
                        " of the same names will be replaced by what the export holds.";
        if (!command.dry_run && preview->replaced > 0 && !is_agreed(command, question)) return 1;

        auto report = preview;
        if (!command.dry_run) {
            // Sessions that live in a server must not meet what replaces them.
            store.reset();
            auto own = open_store(loop, *where, beside_server::alone);
            if (!own || (preview->replaced > 0 && !keep_former_state(loop, *own, "import"))) return 1;
            options.how = lifecycle::run_mode::real;
            report = import_from(loop, **own, command.file, options);
            if (!report) return fail("import", report.error());
        }
        if (command.json)
            print_json(to_json(*report));
        else
            print_text(to_words(report->counts) + (command.dry_run ? " would be imported: " : " imported: ") +
                       std::to_string(report->same) + " were there, " + std::to_string(report->replaced) +
                       " replaced, " + std::to_string(report->erased) + " left out as erased\n");
        return 0;
    } catch (const std::system_error& failure) {
        complain("import: " + command.file + ": " + failure.code().message() +
                 "; look at its name and permissions");
        return 1;
    }
}

namespace {

std::string to_words(const lifecycle::copy_report& report, bool dry) {
    if (report.changes() == 0)
        return "nothing to change: the target holds all " + counted(report.records, "record") + " and " +
               counted(report.sessions, "session") + "\n";
    auto text = counted(report.written_records, "record") + " and " +
                counted(report.written_sessions, "session") + (dry ? " would be copied, " : " copied, ") +
                counted(report.removed_records, "record") + " and " +
                counted(report.removed_sessions, "session") + (dry ? " removed" : " removed");
    if (report.erased > 0) text += ", " + std::to_string(report.erased) + " left out as erased";
    return text + (dry ? "\n" : "; both sides have the hash " + report.target.text() + "\n");
}

} // namespace

int database_copy(const database_command& command) {
    auto values = load_command_keys(command);
    if (!values) return 1;
    auto from = find_store(*values, command.from, wanted_store::existing);
    if (!from) return 1;
    auto to = find_store(*values, command.to, wanted_store::existing_or_new);
    if (!to) return 1;
    command_loop loop;
    auto source = open_store(loop, *from, beside_server::still);
    if (!source) return 1;
    bool previews = command.remove_others || command.dry_run;
    auto target = open_store(loop, *to, previews ? beside_server::shared : beside_server::alone);
    if (!target) return 1;

    auto copy = [&](lifecycle::run_mode how) {
        lifecycle::copy_options options;
        options.how = how;
        if (command.remove_others) options.only_in_target = lifecycle::copy_options::others::remove;
        return loop.watch("copying", [&](const lifecycle::on_progress& listener) {
            return lifecycle::copy_store(&loop.env(), source->get(), target->get(), options, listener);
        });
    };
    auto report = copy(previews ? lifecycle::run_mode::dry : lifecycle::run_mode::real);
    if (report && command.remove_others && !command.dry_run) {
        auto removed = counted(report->removed_records, "record") + " and " +
                       counted(report->removed_sessions, "session") + " of " + name_of(*to);
        bool removes = report->removed_records + report->removed_sessions > 0;
        if (removes && !is_agreed(command, removed + " will be removed, as the source does not have them."))
            return 1;
        // Nobody is sent away before it is certain that something will be written.
        target.reset();
        if (auto own = open_store(loop, *to, beside_server::alone)) target.emplace(std::move(*own));
        if (!target || (removes && !keep_former_state(loop, *target, "copy"))) return 1;
        report = copy(lifecycle::run_mode::real);
    }
    if (!report) return fail("copy", report.error());
    if (command.json)
        print_json(to_json(*report));
    else if (!report->refused())
        print_text(to_words(*report, command.dry_run));
    if (report->refused()) {
        complain("copy: nothing was written, as " + name_of(*to) + " holds " +
                 counted(report->other_records, "record") + " and " +
                 counted(report->other_sessions, "session") +
                 " that the source does not; copy to another place, or remove them with --replace");
        return 1;
    }
    if (!command.dry_run && !report->verified()) {
        complain(
            "copy: the two sides differ, so one of them has changed meanwhile; end what writes there, and "
            "copy again");
        return 1;
    }
    return 0;
}

} // namespace rejoinder::service::commands
