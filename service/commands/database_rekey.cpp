// The database command rekey.

#include "persistence/encryption/rotation.hpp"
#include "service/commands/command_loop.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/database_output.hpp"

namespace rejoinder::service::commands {

using persistence::errc;
using persistence::encryption::rotated;

namespace {

std::uint64_t sum(const rotated& of) {
    return of.records + of.sessions + of.entries;
}

} // namespace

int database_rekey(const database_command& command) {
    auto where = find_command_store(command);
    if (!where) return 1;
    if (!where->keys) {
        complain(
            "rekey: there are no keys; name their file with encryption.key-file in the configuration, or "
            "with the variable REJOINDER_ENCRYPTION_KEY_FILE");
        return 1;
    }
    command_loop loop;
    auto opened = open_store(loop, *where, beside_server::alone, without_keys::begins_to_encrypt);
    if (!opened) return 1;
    auto& store = *opened;
    auto done = loop.watch("encrypting", [&](const persistence::lifecycle::on_progress& listener) {
        auto told = [&listener](const rotated& now) { listener({.done = sum(now)}); };
        return persistence::encryption::rotate(&loop.env(), store.get(), told);
    });
    if (!done) return fail("rekey", done.error());
    // What was replaced may still stand in free parts of the files.
    if (auto error = loop.run(store->compact()); error && error != errc::unsupported)
        return fail("rekey", error);
    if (command.json)
        print_json({{"records", done->records},
                    {"sessions", done->sessions},
                    {"entries", done->entries},
                    {"damaged", done->damaged},
                    {"complete", done->complete}});
    else
        print_text(
            to_words({done->records, done->sessions, done->entries}) + " encrypted anew" +
            (done->complete ? "; keys but the first are not needed any more, except for backups\n" : "\n"));
    if (done->complete) return 0;
    complain("rekey: " + counted(done->damaged, "item") +
             " cannot be read and stays as it is; `rejoinder database validate` finds where");
    return 1;
}

} // namespace rejoinder::service::commands
