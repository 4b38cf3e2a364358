// The database commands that change a store in its place: sanitise, compact and orphans.

#include "persistence/lifecycle/mend.hpp"
#include "persistence/lifecycle/orphans.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;

namespace {

lifecycle::run_mode mode_of(const database_command& command) {
    return command.dry_run ? lifecycle::run_mode::dry : lifecycle::run_mode::real;
}

std::string tense(const database_command& command, const std::string& past) {
    return command.dry_run ? "would be " + past : past;
}

} // namespace

int database_sanitise(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto mend = [&](lifecycle::run_mode how) {
        return loop.watch("sanitising", [&](const lifecycle::on_progress& listener) {
            return lifecycle::mend_store(&loop.env(), store->get(), how, listener);
        });
    };
    auto report = mend(lifecycle::run_mode::dry);
    if (report && report->mended_records > 0 && !command.dry_run) {
        if (!keep_former_state(loop, *store, "sanitise")) return 1;
        report = mend(lifecycle::run_mode::real);
    }
    if (!report) return fail("sanitise", report.error());
    if (command.json)
        print_json({{"records", report->records},
                    {"mended_records", report->mended_records},
                    {"mended", to_json(report->mended)},
                    {"incurable", to_json(report->incurable)}});
    else
        print_text(to_lines(report->mended) + to_lines(report->incurable) +
                   counted(report->records, "record") + " looked at, " +
                   std::to_string(report->mended_records) + " " + tense(command, "mended") + ", " +
                   counted(report->incurable.count(), "problem") + " left\n");
    if (report->incurable.count() == 0) return 0;
    complain("sanitise: what was meant is not known of " + counted(report->incurable.count(), "problem") +
             "; write those records anew, or erase them");
    return 1;
}

int database_compact(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto report = loop.run(lifecycle::compact_store(&loop.env(), store->get(), {}, mode_of(command)));
    if (!report) return fail("compact", report.error());
    const auto& removed = report->removed;
    if (command.json)
        print_json(to_json(*report));
    else
        print_text(counted(removed.expired_records, "expired record") + ", " +
                   counted(removed.expired_sessions, "expired session") + ", " +
                   counted(removed.reflections, "old reflection") + " and " + std::to_string(removed.media) +
                   " deleted media " + tense(command, "removed") + "; " + to_size(report->bytes_before) +
                   " before, " + to_size(report->bytes_after) + " after\n");
    return 0;
}

int database_orphans(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto search = [&](lifecycle::run_mode how) {
        return loop.watch("searching", [&](const lifecycle::on_progress& listener) {
            return lifecycle::find_orphans(&loop.env(), store->get(), how, listener);
        });
    };
    auto report = search(lifecycle::run_mode::dry);
    if (report && report->orphans.count() > 0 && command.remove && !command.dry_run) {
        auto question = counted(report->orphans.count(), "record") +
                        " without an owner, and what becomes so by that, will be removed.";
        if (!is_agreed(command, question) || !keep_former_state(loop, *store, "orphans")) return 1;
        report = search(lifecycle::run_mode::real);
    }
    if (!report) return fail("orphans", report.error());
    if (command.json)
        print_json({{"records", report->records},
                    {"orphans", to_json(report->orphans)},
                    {"removed", report->removed}});
    else
        print_text(to_lines(report->orphans) + counted(report->records, "record") + ", " +
                   counted(report->orphans.count(), "orphan") + ", " + std::to_string(report->removed) +
                   " removed\n");
    return 0;
}

} // namespace rejoinder::service::commands
