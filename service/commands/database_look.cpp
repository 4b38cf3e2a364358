// The database commands that change nothing of what a store holds: migrate, stats and validate.

#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/machine_catalog.hpp"
#include "service/session_state.hpp"

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;

namespace {

/// Why the session could not go on; of the state only where this place has the session's very machine.
std::optional<std::string> why_not_restored(const machine_catalog& machines,
                                            const persistence::session_row& row) {
    if (!restore_devices(row.devices)) return "the records of its devices can't be restored";
    const auto* machine = machines.find(row.machine, row.machine_version, row.machine_hash);
    if (!machine) return std::nullopt;
    if (!restore_state(*machine, row.state)) return "its state can't be restored: it is damaged";
    return std::nullopt;
}

} // namespace

/// To open a store is to migrate it; this says what came of it.
int database_migrate(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto schema = (*store)->schema();
    if (command.json)
        print_json({{"from", schema.found}, {"to", schema.now}});
    else if (schema.found == schema.now)
        print_text(name_of(store->where()) + " has the schema version of this program, " +
                   std::to_string(schema.now) + "\n");
    else
        print_text(name_of(store->where()) + " was migrated from schema version " +
                   std::to_string(schema.found) + " to " + std::to_string(schema.now) + "\n");
    return 0;
}

int database_stats(const database_command& command) {
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto found = loop.watch("counting", [&](const lifecycle::on_progress& listener) {
        return lifecycle::gather_statistics(store->get(), loop.env().utc_now(), listener);
    });
    if (!found) return fail("stats", found.error());
    if (command.json)
        print_json(to_json(*found));
    else
        print_text(to_table(*found));
    return 0;
}

int database_validate(const database_command& command) {
    auto values = load_command_config(command);
    if (!values) return 1;
    auto where = find_store(*values, values->database, wanted_store::existing);
    if (!where) return 1;
    // Without machines, or with wrong ones, the states are not looked into; that is `machine check`'s affair.
    std::vector<std::string> ignored;
    auto machines = load_machines(values->machines, ignored);

    command_loop loop;
    auto store = open_store(loop, *where, beside_server::still);
    if (!store) return 1;
    auto restores = [&machines](const persistence::session_row& row) {
        return why_not_restored(machines, row);
    };
    auto report = loop.watch("validating", [&](const lifecycle::on_progress& listener) {
        return lifecycle::check_store(store->get(), restores, listener);
    });
    if (!report) return fail("validate", report.error());
    lifecycle::item_counts counts{report->records, report->sessions, report->entries};
    if (command.json)
        print_json({{"counts", to_json(counts)}, {"wrong", to_json(report->wrong)}});
    else
        print_text(to_lines(report->wrong) + to_words(counts) + ", " +
                   counted(report->wrong.count(), "problem") + "\n");
    if (report->wrong.count() == 0) return 0;
    complain("validate: " + counted(report->wrong.count(), "problem") +
             "; `rejoinder database sanitise` mends those whose meaning is known");
    return 1;
}

} // namespace rejoinder::service::commands
