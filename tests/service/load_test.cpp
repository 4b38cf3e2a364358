#include "service/load/race.hpp"
#include "service/load/scratch_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>

using namespace rejoinder;
using namespace rejoinder::service::load;

namespace {

/// What all clients of a race share.
struct fake_server {
    std::size_t refuses = 0; ///< attempts of each client
    milliseconds answers_after{0};
    std::size_t fails_at = 0; ///< turn of each client; 0: none
    std::size_t connecting = 0;
    std::size_t most_connecting = 0;
    std::size_t ended = 0;
};

class fake_client final : public contender {
public:
    fake_client(environment& env, fake_server& server) : env_(env), server_(server) {}

    task<trouble> begin() override {
        server_.most_connecting = std::max(server_.most_connecting, ++server_.connecting);
        auto passing = tests::pass_time(&env_, milliseconds(1));
        co_await std::move(passing);
        --server_.connecting;
        co_return attempts_++ < server_.refuses ? "refused" : "";
    }
    task<trouble> step() override {
        auto passing = tests::pass_time(&env_, server_.answers_after);
        co_await std::move(passing);
        co_return ++turns_ == server_.fails_at ? "broken" : "";
    }
    task<> end() override {
        ++server_.ended;
        co_return;
    }

private:
    environment& env_;
    fake_server& server_;
    std::size_t attempts_ = 0;
    std::size_t turns_ = 0;
};

class a_race {
public:
    a_race(fake_server& server, std::size_t clients) {
        for (std::size_t i = 0; i < clients; ++i)
            it.add(std::make_unique<fake_client>(*env_, server));
    }

private:
    boost::asio::io_context context_{1};
    std::unique_ptr<environment> env_ = make_system_environment(context_);

public:
    race it{context_, *env_, 0};
};

} // namespace

TEST_CASE("turns of an offered load are due at its rate, each within its bounds") {
    constexpr double pause = 1e8; // ns
    arrivals due(std::chrono::nanoseconds(static_cast<std::int64_t>(pause)), 7);
    auto former = static_cast<double>(due.next().count());
    CHECK(former < pause);
    double last = former;
    for (int i = 0; i < 10'000; ++i, former = last) {
        last = static_cast<double>(due.next().count());
        REQUIRE(last - former > 0.49 * pause);
        REQUIRE(last - former < 1.51 * pause);
    }
    CHECK(last / pause == Approx(10'000).epsilon(0.02));
}

TEST_CASE("clients of an offered load don't keep step, and the same seed makes the same moments") {
    arrivals one(seconds(1), 1);
    arrivals again(seconds(1), 1);
    arrivals other(seconds(1), 2);
    for (int i = 0; i < 100; ++i) {
        auto moment = one.next();
        CHECK(moment == again.next());
        CHECK(moment != other.next());
    }
}

TEST_CASE("a measurement has the median, the slowest of a hundred, and the CPU of one") {
    std::vector<double> latencies;
    for (int i = 100; i > 0; --i)
        latencies.push_back(i);
    auto m = summarise(latencies, 4, 0.002);
    CHECK(m.count == 100);
    CHECK(m.per_second == 25);
    CHECK(m.p50_ms == 51);
    CHECK(m.p99_ms == 100);
    CHECK(m.cpu_us == Approx(20));
    CHECK(percentile({}, 0.5) == 0);
    CHECK(percentile({3}, 1) == 3);
}

TEST_CASE("latency at an offered load counts from when a turn was due") {
    // Each client is due every 10 ms and answered after 50: the later a turn, the longer it has waited.
    fake_server slow{.answers_after = milliseconds(50)};
    a_race race(slow, 4);
    race.it.begin();
    auto result = race.it.offer(400, milliseconds(500));
    CHECK(result.due > 100);
    CHECK(result.turns.count + result.missed == result.due);
    CHECK(result.missed * 2 > result.due);
    CHECK(result.turns.p99_ms > 200);
    CHECK_FALSE(result.is_sustained());
}

TEST_CASE("no more clients than asked for connect at a time") {
    fake_server server;
    a_race race(server, 20);
    race.it.begin(3);
    CHECK(server.most_connecting == 3);
    CHECK(race.it.size() == 20);
}

TEST_CASE("a race goes on without those that fail, and says so once") {
    fake_server server{.fails_at = 3};
    a_race race(server, 5);
    race.it.begin();
    auto m = race.it.take(4);
    CHECK(m.count == 10);
    CHECK(m.failures == 5);
    CHECK(race.it.size() == 0);
    CHECK(server.ended == 5);
    CHECK(race.it.take(1).count == 0);
    CHECK(race.it.remarks("clients", 5) == std::vector<std::string>{"5 of 5 clients failed: broken"});
}

TEST_CASE("who comes back tries until it is in") {
    fake_server server{.refuses = 2};
    a_race race(server, 10);
    auto result = race.it.come_back(seconds(60));
    CHECK(result.count == 10);
    CHECK(result.failures == 0);
    CHECK(result.refusals == 20);
    CHECK(result.welcome_seconds > 0);
    CHECK(result.answered_seconds >= result.welcome_seconds);
}

TEST_CASE("who does not get in within the limit is counted as lost") {
    fake_server server{.refuses = 1'000'000};
    a_race race(server, 3);
    auto result = race.it.come_back(milliseconds(50));
    CHECK(result.count == 0);
    CHECK(result.failures == 3);
}

TEST_CASE("a scratch folder is made where it is asked for, and is gone afterwards") {
    tests::temporary_folder place;
    std::string path;
    {
        scratch_folder folder(place.file("results"));
        path = folder.path();
        CHECK(path.starts_with(place.file("results") + '/'));
        CHECK(std::filesystem::is_directory(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(std::filesystem::exists(place.file("results")));
}

TEST_CASE("a scratch folder tells when nothing in it reaches a disk") {
    if (std::filesystem::exists("/dev/shm")) CHECK(scratch_folder("/dev/shm").is_in_memory());
}
