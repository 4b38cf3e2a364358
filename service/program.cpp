// How the program's commands are spelled. What they do is in commands/.

#include "service/program.hpp"

#include "service/commands/commands.hpp"
#include "service/commands/database.hpp"
#include "service/commands/token.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>

namespace rejoinder::service {
namespace {

void add_serve(CLI::App& app, commands::serve_options& options, int& status) {
    auto* serve = app.add_subcommand("serve", "run the service until SIGTERM");
    serve->add_option("--config", options.config_file, "TOML file")->type_name("FILE");
    auto flag = [serve, &options](const char* name, const char* key, const char* help, const char* type) {
        serve
            ->add_option_function<std::string>(
                name, [&options, key](const std::string& value) { options.flags[key] = value; }, help)
            ->type_name(type);
    };
    flag("--listen", "listen", "address; port 0 picks a free one", "HOST:PORT");
    flag("--database", "database",
         "sqlite:PATH, postgresql://USER@HOST/DATABASE, file:DIR or memory:", "URL");
    flag("--machines", "machines", "folder of machines", "DIR");
    flag("--log-level", "log-level", "debug, info, warning, error or off", "LEVEL");
    flag("--record", "record", "folder that every session is recorded into", "DIR");
    serve->add_flag_callback(
        "--echo", [&options] { options.flags["echo"] = "true"; }, "serve /v1/echo as well");
    serve
        ->add_option_function<std::vector<std::string>>(
            "--set",
            [&options](const std::vector<std::string>& settings) {
                for (const auto& setting : settings) {
                    auto equals = setting.find('=');
                    if (equals == std::string::npos) throw CLI::ValidationError("--set", "takes KEY=VALUE");
                    options.flags[setting.substr(0, equals)] = setting.substr(equals + 1);
                }
            },
            "any key of the configuration")
        ->type_name("KEY=VALUE");
    serve->add_flag("--print-config", options.print_config, "print the configuration and exit");
    serve->callback([&] { status = commands::serve(options); });
}

CLI::Option* add_token_file(CLI::App* command, std::optional<std::string>& file) {
    return command
        ->add_option("--token-file", file, "file with the credentials; default: the variable REJOINDER_TOKEN")
        ->type_name("FILE");
}

void add_chat(CLI::App& app, commands::chat_options& options, int& status) {
    auto* chat = app.add_subcommand("chat", "talk to a machine in the terminal; comes back after any cut");
    chat->add_option("--server", options.server, "where the service listens")
        ->type_name("URL")
        ->capture_default_str();
    chat->add_option("--machine", options.machine, "machine of a new conversation")
        ->type_name("ID")
        ->capture_default_str();
    chat->add_option("--session", options.session, "a session to go on with")->type_name("ID");
    chat->add_option("--device", options.device, "the device that the credentials are for")->type_name("ID");
    add_token_file(chat, options.token_file);
    chat->callback([&] { status = commands::chat(options); });
}

void add_machine(CLI::App& app, commands::machine_check_options& options,
                 commands::machine_show_options& show, commands::database_command& store, int& status) {
    auto* machine = app.add_subcommand("machine", "work with machine files");
    machine->require_subcommand(1);
    auto* check = machine->add_subcommand("check", "say what is wrong with machine files");
    check->add_option("FILE", options.files, "machine files (JSON)")->required()->type_name("");
    check
        ->add_option("--against", options.against,
                     "an older version, whose sessions shall go on with the newer one; may be repeated")
        ->type_name("OLD")
        ->allow_extra_args(false);
    auto* looked_into =
        check->add_option("--store", options.store,
                          "a database (sqlite:PATH, file:DIR or postgresql://...): what becomes "
                          "of the sessions in it, which stay as they are");
    looked_into->type_name("URL");
    check->add_option("--config", options.config_file, "TOML file with the database's keys, as for serve")
        ->type_name("FILE")
        ->needs(looked_into);
    check->add_flag("--json", options.json, "print JSON");
    check->callback([&] { status = commands::machine_check(options); });
    auto* drawn = machine->add_subcommand("show", "draw a machine's states and transitions");
    auto* file = drawn->add_option("FILE", show.file, "a machine file (JSON)")->type_name("");
    auto* session = drawn
                        ->add_option("--session", store.session,
                                     "a stored session, whose machine is drawn with the states that it is in")
                        ->type_name("ID")
                        ->excludes(file);
    drawn->add_option("--config", store.config_file, "TOML file, as for serve")
        ->type_name("FILE")
        ->needs(session);
    drawn
        ->add_option("--database", store.database,
                     "sqlite:PATH, file:DIR or postgresql://...; default: as for serve")
        ->type_name("URL")
        ->needs(session);
    drawn->add_option("--machines", store.machines, "folder of machines; default: as for serve")
        ->type_name("DIR")
        ->needs(session);
    drawn->add_option("--format", show.format, "mermaid (for Markdown) or dot (for Graphviz)")
        ->check(CLI::IsMember({"mermaid", "dot"}))
        ->type_name("FORMAT");
    drawn->add_option("--state", show.states, "a state that stands out, as `session show` names it")
        ->type_name("STATE")
        ->excludes(session);
    drawn->callback([&] {
        if (show.file.empty() && store.session.empty()) throw CLI::RequiredError("FILE or --session");
        status = store.session.empty() ? commands::machine_show(show)
                                       : commands::machine_show_session(store, show.format);
    });
}

void add_replay(CLI::App& app, commands::replay_command_options& options, int& status) {
    auto* replay = app.add_subcommand("replay", "play recorded sessions and compare");
    replay->add_option("FILE", options.files, "recordings of robots (*.ndjson, *.flow.json) and of sessions")
        ->required()
        ->type_name("");
    auto* server = replay
                       ->add_option("--server", options.server,
                                    "a running server; default: one of its own, and none for a session")
                       ->type_name("URL");
    add_token_file(replay, options.token_file)->needs(server);
    replay
        ->add_option("--device", options.device,
                     "one device for all tokens of a robot's recording, or the client's of a session")
        ->type_name("ID");
    replay->add_option("--expect", options.expect, "differences that are meant, with reasons")
        ->type_name("FILE");
    replay->add_option("--speed", options.speed, "1 is recorded time; default: without the waiting")
        ->type_name("N");
    replay->add_option("--machines", options.machines, "folder of machines")
        ->type_name("DIR")
        ->capture_default_str();
    replay->add_flag("--cut-everywhere", options.cut_everywhere,
                     "play a session with its connection cut behind each frame, and compare");
    replay
        ->add_flag("--in-process", options.in_process,
                   "play a robot's recording in this process, without a network and, but for --speed, in "
                   "virtual time; a session is anyway")
        ->excludes(server);
    replay->add_option("--seed", options.seed, "of what machines draw at random in this process")
        ->type_name("N")
        ->excludes(server);
    replay->add_flag("--json", options.json, "print JSON");
    replay->callback([&] { status = commands::replay(options); });
}

void add_bench(CLI::App& app, commands::bench_options& options, int& status) {
    auto* bench =
        app.add_subcommand("bench", "measure turns per second, latency and memory, beside a plain echo");
    auto* server = bench->add_option("--server", options.server, "a running server; default: one of its own")
                       ->type_name("URL");
    add_token_file(bench, options.token_file)->needs(server);
    bench->add_option("--sessions", options.sessions, "how many at once; may be repeated")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    bench->add_option("--duration", options.seconds, "seconds for each figure")
        ->type_name("S")
        ->capture_default_str();
    bench->add_option("--machine", options.machine, "machine to talk to")
        ->type_name("ID")
        ->capture_default_str();
    bench->add_option("--machines", options.machines, "folder of machines")
        ->type_name("DIR")
        ->capture_default_str();
    bench->add_flag("--json", options.json, "print JSON");
    bench->callback([&] { status = commands::bench(options); });
}

/// What all commands over a store take.
void add_store(CLI::App* command, commands::database_command& options) {
    command->add_option("--config", options.config_file, "TOML file, as for serve")->type_name("FILE");
    command
        ->add_option("--database", options.database,
                     "sqlite:PATH, file:DIR or postgresql://...; default: as for serve")
        ->type_name("URL");
    command->add_flag("--json", options.json, "print JSON");
}

CLI::App* add_store_command(CLI::App& database, const char* name, const char* help,
                            commands::database_command& options, int& status,
                            int (*run)(const commands::database_command&)) {
    auto* command = database.add_subcommand(name, help);
    add_store(command, options);
    command->callback([&options, &status, run] { status = run(options); });
    return command;
}

void add_changing(CLI::App* command, commands::database_command& options) {
    command->add_flag("--dry-run", options.dry_run, "say what would be done, and change nothing");
    command->add_flag("--yes", options.yes, "do not ask");
}

void add_recordings(CLI::App* command, commands::database_command& options) {
    command
        ->add_option("--record", options.record,
                     "folder of recordings; default: as for serve, and where a running server records")
        ->type_name("DIR");
}

void add_subject(CLI::App* command, commands::database_command& options) {
    command->add_option("--account", options.account, "everything of an account")->type_name("A");
    command->add_option("--user", options.user, "of one user in it")->type_name("U");
    command->add_option("--person", options.person, "of one person in it")->type_name("P");
}

void add_database(CLI::App& app, commands::database_command& options, int& status) {
    auto* database = app.add_subcommand("database", "look after a store, also while a server serves it");
    database->require_subcommand(1);
    auto add = [&](const char* name, const char* help, int (*run)(const commands::database_command&)) {
        return add_store_command(*database, name, help, options, status, run);
    };
    add("migrate", "bring its schema to this program's version", commands::database_migrate);
    add("stats", "count what is in it", commands::database_stats);
    add("validate", "say what is wrong with it", commands::database_validate);
    add_changing(add("sanitise", "mend mistakes that have one meaning", commands::database_sanitise),
                 options);
    add_changing(
        add("compact", "remove what has expired, and give its room back", commands::database_compact),
        options);
    auto* orphans = add("orphans", "find records whose owner is gone", commands::database_orphans);
    add_changing(orphans, options);
    orphans->add_flag("--remove", options.remove, "and remove them");

    auto file = [&options](CLI::App* command, const char* help) {
        command->add_option("FILE", options.file, help)->required()->type_name("");
    };
    auto* exporting = add("export", "write it to a file of JSON lines", commands::database_export);
    add_subject(exporting, options);
    file(exporting, "a new file");
    auto* importing = add("import", "put there what an export holds", commands::database_import);
    add_changing(importing, options);
    file(importing, "an export");
    auto* copy = add("copy", "make one store hold what another one holds", commands::database_copy);
    add_changing(copy, options);
    copy->add_option("--from", options.from, "the source")->required()->type_name("URL");
    copy->add_option("--to", options.to, "the target")->required()->type_name("URL");
    copy->add_flag("--replace", options.remove_others, "remove what only the target has");
    file(add("backup", "copy it as it is at one moment", commands::database_backup), "a new place");
    auto* restore = add("restore", "bring a backup back", commands::database_restore);
    add_changing(restore, options);
    file(restore, "a backup or export");
    auto* erase = add("erase", "remove everything of somebody, provably", commands::database_erase);
    add_changing(erase, options);
    add_subject(erase, options);
    add_recordings(erase, options);
    add("rekey", "encrypt everything under the first of its keys", commands::database_rekey);
}

void add_session(CLI::App& app, commands::database_command& options, int& status) {
    auto* session = app.add_subcommand(
        "session", "look at single sessions and change them, also while a server serves them");
    session->require_subcommand(1);
    auto add = [&](const char* name, const char* help, int (*run)(const commands::database_command&)) {
        return add_store_command(*session, name, help, options, status, run);
    };
    auto of_one = [&options](CLI::App* command) {
        command->add_option("ID", options.session, "the session")->required()->type_name("");
        command->add_option("--machines", options.machines, "folder of machines; default: as for serve")
            ->type_name("DIR");
    };
    add("list", "say which there are", commands::session_list)
        ->add_option("--account", options.account, "of one account")
        ->type_name("A");
    of_one(add("show", "say what was said in one", commands::session_show));
    auto* exporting =
        add("export", "write one as a recording, which `replay` makes again", commands::session_export);
    of_one(exporting);
    exporting->add_option("FILE", options.file, "a new file")->required()->type_name("");
    add("fork", "copy one under a new id, and print it", commands::session_fork)
        ->add_option("ID", options.session, "the session")
        ->required()
        ->type_name("");
    auto* reset = add("reset", "begin the machine of one anew", commands::session_reset);
    of_one(reset);
    add_changing(reset, options);
    auto* erase =
        add("erase", "remove one with its log and its recording, provably", commands::session_erase);
    erase->add_option("ID", options.session, "the session")->required()->type_name("");
    add_changing(erase, options);
    add_recordings(erase, options);
}

/// A name that is given and empty, as of a shell's variable that is not set, would mean all.
CLI::Option* named(CLI::Option* option) {
    return option->check([](const std::string& value) {
        return value.empty() ? std::string("is empty; leave it out where all are meant") : std::string();
    });
}

void add_token(CLI::App& app, commands::token_command& options, int& status) {
    auto* token = app.add_subcommand("token", "give clients tokens to show, and take them back");
    token->require_subcommand(1);
    auto add = [&](const char* name, const char* help, int (*run)(const commands::token_command&)) {
        auto* command = token->add_subcommand(name, help);
        add_store(command, options.store);
        named(command->add_option("--device", options.device, "one device of it; default: all"))
            ->type_name("D");
        command->callback([&options, &status, run] { status = run(options); });
        return command;
    };
    auto account = [&](CLI::App* command, const char* help) {
        return named(command->add_option("--account", options.account, help))->type_name("A");
    };
    auto* issue = add("issue", "make a token and print it, this once", commands::token_issue);
    account(issue, "whose sessions it opens")->required();
    issue
        ->add_option("--expires", options.expires,
                     "how long it is good for, as in 90d, 12h, 30m or 60s; at most 10 years")
        ->type_name("DURATION")
        ->capture_default_str();
    account(add("list", "say which tokens there are", commands::token_list), "of one account");
    auto* revoke =
        add("revoke", "make tokens useless; who is connected with one is sent away within a minute",
            commands::token_revoke);
    account(revoke, "of which account")->required();
    named(revoke->add_option("--id", options.id, "one of them, as `list` names it; default: all"))
        ->type_name("ID");
}

} // namespace

int run_program(int argc, char** argv) {
    CLI::App app("rejoinder: a session service for devices that hold a conversation");
    app.require_subcommand(1);
    int status = 0;
    commands::serve_options serve;
    commands::chat_options chat;
    commands::machine_check_options check;
    commands::machine_show_options drawn;
    commands::bench_options bench;
    commands::replay_command_options replay;
    commands::database_command database;
    commands::token_command token;
    add_serve(app, serve, status);
    add_chat(app, chat, status);
    add_machine(app, check, drawn, database, status);
    add_bench(app, bench, status);
    add_replay(app, replay, status);
    add_database(app, database, status);
    add_session(app, database, status);
    add_token(app, token, status);
    app.add_subcommand("version", "print the version")->callback([&] { status = commands::version(); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? 0 : 2;
    } catch (const std::exception& failure) {
        commands::complain(failure.what());
        return 1;
    }
    return status;
}

} // namespace rejoinder::service
