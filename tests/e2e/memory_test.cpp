// The bound on memory as the program keeps it, with the allocator that it has: what sessions leave behind
// must come back to the system, or a server that was short once would be so for ever.

#include "persistence/task_group.hpp"
#include "service/client/session_client.hpp"
#include "service/load/process_usage.hpp"
#include "tests/e2e/served.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <cmath>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;

#ifndef REJOINDER_SANITIZED // whose allocator keeps what was freed on purpose

namespace {

constexpr double room_for_sessions_mb = 16;
constexpr std::size_t most_sessions = 20'000;

double resident_mb(pid_t process) {
    return service::load::read_usage(process).resident_kib / 1024;
}

/// What the program takes with nobody in it.
double resident_at_rest_mb(const std::string& database) {
    auto probe = serve(database);
    return resident_mb(probe->process());
}

struct crowd {
    std::string url;
    pid_t server = 0;
    std::size_t begun = 0;
    bool refused = false;
    double peak_mb = 0;
};

/// Begins sessions and leaves them, one after the other, until the server takes no more.
task<> begin_sessions(environment* env, crowd* all) {
    while (!all->refused && all->begun < most_sessions) {
        service::client_memory nothing{"device-" + std::to_string(all->begun++), "", "", "", 0, 0};
        service::session_client client(*env, all->url, std::move(nothing));
        auto welcome = co_await client.attach("parrot");
        all->peak_mb = std::max(all->peak_mb, resident_mb(all->server));
        co_await client.cut();
        if (!welcome) all->refused = true;
    }
}

} // namespace

TEST_CASE(
    "a server that is short of memory has most of what its idle sessions took back when they have left") {
    temporary_folder folder;
    auto at_rest = resident_at_rest_mb("sqlite:" + folder.file("empty.db"));
    auto bound = std::to_string(std::lround(at_rest + room_for_sessions_mb));
    auto options = unhurried();
    for (const auto& more :
         {std::string("limits.memory-mb=") + bound, std::string("limits.idle-deactivation-ms=3600000"),
          std::string("limits.attach-per-minute-of-address=1e9"),
          std::string("limits.attach-burst-of-address=1e9")})
        options.insert(options.end(), {"--set", more});
    auto server = serve("sqlite:" + folder.file("sessions.db"), options);

    real_environment world;
    crowd all{server->url(), server->process()};
    task_group tasks(world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (int i = 0; i < 16; ++i)
        tasks.spawn(begin_sessions(&world.env(), &all));
    world.run(tasks.join(), std::chrono::seconds(120));
    INFO(all.begun << " sessions took " << all.peak_mb << " MB, of which " << at_rest << " at rest");
    REQUIRE(all.refused);

    auto half = at_rest + (all.peak_mb - at_rest) / 2;
    auto has_most_of_it = [&] { return resident_mb(server->process()) < half; };
    CHECK_NOTHROW(world.run(until(&world.env(), has_most_of_it)));
    CHECK(server->stop(milliseconds(20'000)) == 0);
}

#endif
