// The database commands backup and restore.

#include "persistence/ids.hpp"
#include "persistence/lifecycle/copy.hpp"
#include "persistence/lifecycle/erasures.hpp"
#include "persistence/lifecycle/place.hpp"
#include "persistence/lifecycle/transplanter.hpp"
#include "persistence/stores/tombstone.hpp"
#include "persistence/stores/topology_records.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"
#include "service/commands/database_transfer.hpp"

#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <vector>

namespace rejoinder::service::commands {

namespace lifecycle = persistence::lifecycle;
using persistence::database_options;
using persistence::database_type;
using persistence::errc;

int database_backup(const database_command& command) {
    if (std::filesystem::exists(command.file)) {
        complain("backup: " + command.file + " is there already; name a new place");
        return 1;
    }
    command_loop loop;
    auto store = open_store(loop, command, beside_server::shared);
    if (!store) return 1;
    auto error = loop.run((*store)->back_up(command.file));
    std::string how = "a database";
    std::string back = "restore";
    if (error == errc::unsupported) {
        how = "an export";
        back = "import";
        auto exported = export_to(loop, **store, command.file, std::nullopt);
        error = exported ? error_code() : exported.error();
    }
    if (error) return fail("backup", error);
    if (command.json)
        print_json({{"place", command.file}, {"incarnation", (*store)->incarnation()}});
    else
        print_text("backed up to " + command.file + ", " + how + "; `rejoinder database " + back + " " +
                   command.file + "` brings it back\n");
    return 0;
}

namespace {

/// A restore is made beside the store: what stands is touched when the new one is complete and verified.
struct restore_places {
    database_options target;
    database_options fresh;  ///< takes the target's place in the end
    database_options backup; ///< a copy of the backup, which itself is not touched
};

struct restored {
    lifecycle::item_counts counts;
    std::uint64_t erased = 0;
    std::string former; ///< where what stood there is now; empty: nothing did
};

void remove_leftovers(const restore_places& places) {
    lifecycle::remove_files(places.fresh);
    lifecycle::remove_files(places.backup);
}

using take_record = std::function<error_code(persistence::record)>;

/// Gives every record of a type that belongs to no account; false when something was said.
bool for_each(command_loop& loop, persistence::database& in, std::string_view type, const take_record& take) {
    persistence::scan_request request;
    request.type = type;
    request.limit = 1000;
    for (;;) {
        auto page = loop.run(in.scan(request));
        if (page && page->empty()) return true;
        auto error = page ? error_code() : page.error();
        if (page) request.after_key = page->back().id.key;
        for (std::size_t i = 0; page && !error && i < page->size(); ++i)
            error = take(std::move((*page)[i]));
        if (!error) continue;
        fail("restore", error);
        return false;
    }
}

/// Copies tombstones of the store that is replaced: what was erased there since the backup stays erased.
/// False when something was said.
bool take_tombstones(command_loop& loop, persistence::database& from, persistence::database& to) {
    lifecycle::transplanter putting(to);
    auto put = [&](persistence::record one) { return loop.run(putting.put(std::move(one))); };
    if (!for_each(loop, from, persistence::tombstone_record::shape.type, put)) return false;
    auto error = loop.run(putting.flush());
    if (error) fail("restore", error);
    return !error;
}

/// Tokens of the store that is replaced which are good no more: a backup from before must not make them good
/// again. False when something was said.
bool find_revocations(command_loop& loop, persistence::database& in,
                      std::vector<persistence::record>& found) {
    return for_each(loop, in, persistence::access_token::shape.type, [&](persistence::record one) {
        if (parse_json(one.value, stored_limits).value.contains("revoked")) found.push_back(std::move(one));
        return error_code();
    });
}

bool put_revocations(command_loop& loop, std::vector<persistence::record> revoked,
                     persistence::database& into) {
    lifecycle::transplanter putting(into);
    error_code error;
    for (auto& one : revoked)
        if (!error) error = loop.run(putting.put(std::move(one)));
    if (!error) error = loop.run(putting.flush());
    if (error) fail("restore", error);
    return !error;
}

/// What the store that is replaced tells the new one. It stays open, so that nobody else begins to use it; a
/// server that has it gives it up. A store that is damaged tells nothing: to replace it is what a restore is
/// for. False when something was said.
bool take_over(command_loop& loop, const restore_places& places, persistence::database& fresh,
               std::optional<command_store>& standing, std::vector<persistence::record>& revoked) {
    if (!lifecycle::stands(places.target)) return true;
    std::string why;
    std::optional<borrowed> from;
    auto opened = open_alone(loop, places.target, without_keys::stays_so, from, why);
    if (opened) {
        standing.emplace(loop, std::move(*opened), places.target, std::move(from));
        return take_tombstones(loop, **standing, fresh) && find_revocations(loop, **standing, revoked);
    }
    bool damaged = opened.error() == errc::corrupt || opened.error() == errc::newer_schema;
    complain(damaged ? "restore: what was erased since the backup can't be told, as " + why : why);
    return damaged;
}

std::optional<restored> fill_from_store(command_loop& loop, const restore_places& places,
                                        persistence::database& fresh) {
    auto backup = open_store(loop, places.backup);
    if (!backup) return std::nullopt;
    auto report = loop.watch("restoring", [&](const lifecycle::on_progress& listener) {
        return lifecycle::copy_store(&loop.env(), backup->get(), &fresh, {}, listener);
    });
    if (!report) {
        fail("restore", report.error());
        return std::nullopt;
    }
    if (report->refused() || !report->verified()) {
        complain(
            "restore: what was restored is not what the backup holds; nothing was replaced, do it again");
        return std::nullopt;
    }
    return restored{
        {report->target.records, report->target.sessions, report->target.entries}, report->erased, {}};
}

std::optional<restored> fill_from_export(command_loop& loop, const std::string& path,
                                         persistence::database& fresh) {
    lifecycle::import_options options;
    options.records = lifecycle::import_options::schemas::ignored;
    auto report = import_from(loop, fresh, path, options);
    if (!report) {
        fail("restore", report.error());
        return std::nullopt;
    }
    if (report->fault_count == 0) return restored{report->counts, report->erased, {}};
    print_text(to_lines(*report));
    complain("restore: " + path + " is damaged; nothing was replaced, take another backup");
    return std::nullopt;
}

/// Makes the new store beside the old one; nothing when something was said. A new store has an incarnation of
/// its own, so every client learns that what it knows may not hold any more.
std::optional<restored> make_fresh(command_loop& loop, const restore_places& places, const std::string& path,
                                   std::optional<command_store>& standing) {
    auto fresh = open_store(loop, places.fresh);
    std::vector<persistence::record> revoked;
    if (!fresh || !take_over(loop, places, **fresh, standing, revoked)) return std::nullopt;
    auto made = places.backup.location.empty() ? fill_from_export(loop, path, **fresh)
                                               : fill_from_store(loop, places, **fresh);
    if (!made || !put_revocations(loop, std::move(revoked), **fresh)) return std::nullopt;
    return made;
}

std::optional<restore_places> find_places(const database_options& target, const std::string& backup) {
    restore_places places{target, target, {}};
    places.fresh.location += ".restoring";
    switch (lifecycle::kind_of_backup(backup)) {
    case lifecycle::backup_kind::none:
        complain("restore: " + backup +
                 " is no backup; name a file or folder that `backup` or `export` has made");
        return std::nullopt;
    case lifecycle::backup_kind::exported:
        return places;
    case lifecycle::backup_kind::sqlite:
        places.backup.type = database_type::sqlite;
        break;
    case lifecycle::backup_kind::file:
        places.backup.type = database_type::file;
        break;
    }
    places.backup.location = target.location + ".restoring-from";
    places.backup.keys = target.keys;
    return places;
}

int restore(const database_command& command, const restore_places& places) {
    command_loop loop;
    std::optional<borrowed> from;          // goes last: then its server opens what is there
    std::optional<command_store> standing; // nobody else opens it until it is replaced
    remove_leftovers(places);
    if (!places.backup.location.empty()) {
        auto original = places.backup;
        original.location = command.file;
        lifecycle::copy_files(original, places.backup);
    }
    auto done = make_fresh(loop, places, command.file, standing);
    if (standing) from = standing->release();
    if (done)
        done->former =
            lifecycle::replace_files(places.target, places.fresh, "restore-" + make_ulid(loop.env()));
    remove_leftovers(places);
    if (!done) return 1;
    if (command.json)
        print_json({{"counts", to_json(done->counts)}, {"erased", done->erased}, {"former", done->former}});
    else
        print_text(to_words(done->counts) + " restored, " + std::to_string(done->erased) +
                   " left out as erased" +
                   (done->former.empty() ? "" : "; what was there is now " + done->former) + "\n");
    return 0;
}

} // namespace

int database_restore(const database_command& command) {
    auto values = load_command_config(command);
    if (!values) return 1;
    auto target = find_store(*values, values->database, wanted_store::existing_or_new);
    if (!target) return 1;
    if (target->type == database_type::postgresql) {
        complain("restore: a server's database takes back what pg_dump made with pg_restore, and a backup or "
                 "export of this program with `rejoinder database copy` or `import`");
        return 1;
    }
    auto places = find_places(*target, command.file);
    if (!places) return 1;
    bool stands = lifecycle::stands(*target);
    if (command.dry_run) {
        print_text(command.file + " would be restored to " + target->location +
                   (stands ? ", and what is there would be kept beside it\n" : "\n"));
        return 0;
    }
    auto question = target->location + " will be replaced by the backup, and kept beside it.";
    if (stands && !is_agreed(command, question)) return 1;
    try {
        return restore(command, *places);
    } catch (const std::system_error& failure) {
        complain("restore: " + std::string(failure.what()) +
                 "; free space or mend permissions, and do it again");
        return 1;
    }
}

} // namespace rejoinder::service::commands
