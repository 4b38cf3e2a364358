// Many clients at once: REJOINDER_CROWD tells how many, 300 unless said.

#include "persistence/memory/memory_database.hpp"
#include "tests/simulation/counter_machine.hpp"
#include "tests/simulation/device.hpp"
#include "tests/simulation/history_check.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::tests::simulation;

namespace {

std::size_t crowd_size() {
    const char* wanted = std::getenv("REJOINDER_CROWD");
    return wanted ? std::stoul(wanted) : 300;
}

std::size_t resident_kib() {
    std::ifstream in("/proc/self/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// A server, and a crowd of devices that have said something each.
class crowd {
public:
    crowd()
        : store_(*persistence::open_memory_database(env, {})),
          net(env, luck_, weather_, trace_),
          tasks(env.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {
        machines_.add(counter_machine());
        auto& limits = options_.limits;
        limits.attach_attempts_per_minute = limits.attach_attempts_burst = 1e9;
        limits.address_attempts_per_minute = limits.address_attempts_burst = 1e9;
        limits.listener.connections = limits.listener.connections_per_address = 1'000'000;
        limits.live_sessions = 1'000'000;
        start("first");
        for (std::size_t i = 0; i < crowd_size(); ++i) {
            auto name = "d" + std::to_string(i);
            devices.push_back(std::make_unique<device>(env, net.dialer_of(name), name, 1, trace_));
            devices.back()->begin();
            devices.back()->speak();
            if (i % 50 == 49) env.advance(milliseconds(100));
        }
        await([](const device& one) { return one.attached() && one.settled(); });
    }

    ~crowd() {
        for (auto& one : devices)
            one->leave();
        for (auto& one : devices)
            env.run(one->join());
        for (auto& server : servers)
            if (server) env.run(server->drain(milliseconds(0)));
        env.run(tasks.join());
        env.run(net.close());
    }

    void start(const std::string& name) {
        auto open = [this, name] {
            return std::make_unique<simulated_database>(env, *store_, luck_, weather_, trace_, name,
                                                        simulated_database::rules{});
        };
        servers.push_back(std::make_unique<node>(env, net, open, machines_, options_, name));
    }

    bool await(const std::function<bool(const device&)>& is_so) {
        auto all = [&] { return std::ranges::all_of(devices, [&](const auto& one) { return is_so(*one); }); };
        for (int i = 0; i < 1'200 && !all(); ++i)
            env.advance(milliseconds(100));
        return all();
    }

    /// Every device has its session, and all that it was shown is in the store, once.
    void check() {
        for (const auto& one : devices) {
            CAPTURE(one->name());
            CHECK(one->complaints().empty());
            CHECK(env.run(compare_with_history(store_.get(), one.get())).empty());
        }
    }

    manual_environment env;

private:
    chance luck_{1};
    weather weather_;
    trace trace_{env};
    service::config options_;
    service::machine_catalog machines_;
    std::unique_ptr<persistence::database> store_;

public:
    network net;
    std::vector<std::unique_ptr<device>> devices;
    std::vector<std::unique_ptr<node>> servers;
    task_group tasks;
};

} // namespace

TEST_CASE("P8: a drain loses nothing, and its clients come back one after the other") {
    crowd all;
    for (auto& one : all.devices)
        one->speak(); // what is under way when the drain begins
    auto began = all.env.steady_now();
    all.start("second");
    all.net.put_up("first", nullptr);
    all.tasks.spawn(all.servers.front()->drain(milliseconds(10'000)));
    std::vector<std::size_t> back; // in each half second
    for (int i = 0; i < 24; ++i) {
        all.env.advance(milliseconds(500));
        back.push_back(static_cast<std::size_t>(std::ranges::count_if(
            all.devices, [](const auto& one) { return one->attached() && one->welcomes() == 2; })));
    }
    CAPTURE(back, (all.env.steady_now() - began).count());
    CHECK(back.back() == all.devices.size());
    // 60 % of ten seconds are twelve halves of a second; none of them has twice its share.
    auto share = all.devices.size() / 12 + 1;
    std::size_t before = 0;
    for (auto now : back) {
        CHECK(now - before <= 2 * share);
        before = now;
    }
    CHECK(all.await([](const device& one) { return one.settled(); }));
    all.check();
}

TEST_CASE("a crowd that comes back at once after a crash resumes, each client once, in bounded memory") {
    crowd all;
    auto before = resident_kib();
    for (auto& one : all.devices)
        one->speak();
    all.servers.front()->crash();
    all.tasks.spawn(all.servers.front()->drain(milliseconds(0)));
    all.env.advance(milliseconds(1'000));
    all.start("second");
    CHECK(all.await([](const device& one) { return one.attached() && one.settled(); }));
    auto after = resident_kib();
    std::cout << all.devices.size() << " clients: " << before << " KiB before the crash, " << after
              << " KiB when all were back\n";
    for (const auto& one : all.devices)
        CHECK(one->welcomes() == 2);
    CHECK(after < before + before / 2 + 16 * 1024);
    all.check();
}
