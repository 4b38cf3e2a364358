#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    CLI::App app("rejoinder: a session service for devices that hold a conversation");
    app.require_subcommand(1);
    app.add_subcommand("version", "print the version")->callback([] {
        std::puts("rejoinder " REJOINDER_VERSION);
    });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? 0 : 2;
    }
    return 0;
}
