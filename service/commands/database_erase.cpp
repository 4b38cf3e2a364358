// The commands that erase: of somebody (database erase), or one session (session erase).

#include "persistence/lifecycle/erase.hpp"
#include "persistence/lifecycle/place.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/commands/database_subject.hpp"
#include "service/commands/erased_recordings.hpp"
#include "service/commands/session_failure.hpp"

#include <filesystem>

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;
using lifecycle::subject;

namespace {

/// Removes the older states of a store; what could not be removed.
std::vector<std::string> remove_former_states(const std::vector<std::string>& which) {
    std::vector<std::string> left;
    for (const auto& name : which) {
        std::error_code error;
        std::filesystem::remove_all(name, error);
        if (error) left.push_back(name);
    }
    return left;
}

/// What a folder has recorded of somebody, or of a session.
found_recordings recordings_of(const std::string& folder, const subject& who) {
    if (who.what != subject::kind::session)
        return find_recordings(folder, [&](const recorded_owner& owner) { return belongs_to(owner, who); });
    found_recordings found;
    std::error_code ignored;
    auto place = place_of_recording(folder, who.id);
    if (names_recording(who.id) && std::filesystem::exists(place, ignored)) found.files.push_back(place);
    return found;
}

/// Whether there may be something of a session, in the store or recorded. That it can't be read does not say
/// that it is not there.
bool may_be_known(command_loop& loop, const command_store& store, erased_recordings recordings,
                  const subject& who) {
    auto read = loop.run(store->read_session(session_id{who.id}));
    if (read || read.error() != persistence::errc::not_found) return true;
    recordings.erase([&](const std::string& folder) { return recordings_of(folder, who); },
                     lifecycle::run_mode::dry);
    return recordings.count() > 0;
}

/// Says what has gone, or would go.
void tell(const database_command& command, const lifecycle::erase_report& report, std::uint64_t recordings,
          const std::vector<std::string>& former) {
    if (command.json) {
        print_json({{"records", report.records},
                    {"sessions", report.sessions},
                    {"mended", report.mended},
                    {"recordings", recordings},
                    {"former_states", former}});
        return;
    }
    print_text(counted(report.records, "record") + " and " + counted(report.sessions, "session") +
               " with their logs, and " + counted(recordings, "recording") + " " +
               (command.dry_run ? "would be erased" : "erased") +
               "; backups, exports and logs elsewhere are out of reach: what is restored or imported here "
               "from them is erased again\n");
}

int erase(const database_command& command, const subject& who) {
    auto values = load_command_config(command);
    auto where = values ? find_store(*values, values->database, wanted_store::existing) : std::nullopt;
    if (!where) return 1;
    command_loop loop;
    auto store = open_store(loop, *where, beside_server::shared);
    erased_recordings recordings(loop, *where, values->record);
    if (!store || !recordings.settle()) return 1;
    if (who.what == subject::kind::session && !may_be_known(loop, *store, recordings, who))
        return fail_session("erase", who.id, persistence::errc::not_found);
    auto former = lifecycle::former_states(store->where());
    auto question = "Everything of " + describe(who) + " will be erased for good" +
                    (former.empty() ? "" : ", and with it the older states of the store: " + joined(former)) +
                    ".";
    if (!command.dry_run && !is_agreed(command, question)) return 1;

    auto how = command.dry_run ? lifecycle::run_mode::dry : lifecycle::run_mode::real;
    auto report = loop.watch("erasing", [&](const lifecycle::on_progress& listener) {
        return lifecycle::erase_subject(&loop.env(), store->get(), who, how, listener);
    });
    if (!report) return fail("erase", report.error());
    bool is_settled = recordings.settle();
    recordings.erase([&](const std::string& folder) { return recordings_of(folder, who); }, how);
    if (is_settled && recordings.count() > 0) recordings.settle(); // the server learns what room there is
    auto left = command.dry_run ? std::vector<std::string>() : remove_former_states(former);
    tell(command, *report, recordings.count(), former);
    if (!left.empty())
        complain("erase: these older states of the store could not be removed, remove them by hand: " +
                 joined(left));
    return recordings.complain_of_rest() || !left.empty() || !is_settled ? 1 : 0;
}

} // namespace

int database_erase(const database_command& command) {
    if (auto who = subject_of(command)) return erase(command, *who);
    complain("erase: whose data? write --account A, or --account A with --user U or --person P");
    return 2;
}

int session_erase(const database_command& command) {
    return erase(command, {subject::kind::session, "", command.session});
}

} // namespace rejoinder::service::commands
