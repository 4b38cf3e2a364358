// A server with several threads: sessions stay on theirs, and the sockets of those who come back while their
// sessions are live come to them.

#include "persistence/task_group.hpp"
#include "tests/e2e/journal_checks.hpp"
#include "tests/e2e/served.hpp"
#include "tests/e2e/talker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

#ifdef REJOINDER_SANITIZED
constexpr std::size_t talkers = 40;
#else
constexpr std::size_t talkers = 200;
#endif
constexpr std::size_t storms = 5;
constexpr std::size_t moments_between = 30 * talkers;

/// Again and again everybody is cut off, each at the next moment of its work, wherever that is.
class stormy_weather final : public fate {
public:
    explicit stormy_weather(std::string url) : url_(std::move(url)) {}

    /// What is over one client.
    class sky final : public fate {
    public:
        explicit sky(stormy_weather& all) : all_(all) {}
        bool has_cleared() const { return weathered_ == storms; }
        std::string url() const override { return all_.url(); }
        std::size_t life() const override { return 0; }
        std::optional<milliseconds> strike(moment at) override {
            all_.strike(at);
            if (at == moment::hello_unsent || weathered_ == all_.begun()) return std::nullopt;
            weathered_ = all_.begun();
            return milliseconds(0);
        }

    private:
        stormy_weather& all_;
        std::size_t weathered_ = 0;
    };

    std::size_t begun() const { return std::min(storms, met_ / moments_between); }

    std::string url() const override { return url_; }
    std::size_t life() const override { return 0; }
    std::optional<milliseconds> strike(moment) override {
        ++met_;
        return std::nullopt;
    }

private:
    std::string url_;
    std::size_t met_ = 0;
};

} // namespace

TEST_CASE("hundreds of clients that come back at once to live sessions of several threads lose and double "
          "nothing") {
    temporary_folder folder;
    auto options = unhurried();
    for (const auto* more : {"threads=4", "limits.unattached=10000", "limits.commit-lag-ms=60000",
                             "limits.queued-commit-wait-ms=60000"})
        options.insert(options.end(), {"--set", more});
    auto server = serve("sqlite:" + folder.file("sessions.db"), options);
    real_environment world;
    stormy_weather weather(server->url());
    std::deque<stormy_weather::sky> skies;
    std::deque<talker> all;
    task_group tasks(world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (std::size_t i = 0; i < talkers; ++i) {
        auto& sky = skies.emplace_back(weather);
        all.emplace_back(world.env(), sky, "device-" + std::to_string(i));
        tasks.spawn(all.back().talk([&sky] { return !sky.has_cleared(); }));
    }
    world.run(tasks.join(), std::chrono::seconds(600));
    CHECK(weather.begun() == storms);
    CHECK(server->stop(milliseconds(20'000)) == 0);

    stored_sessions stored(folder.file("sessions.db"));
    CHECK(stored.repeated_turns().empty());
    CHECK(stored.heads().size() == talkers);
    outcomes seen;
    for (const auto& one : all) {
        const auto& notes = one.notes();
        CAPTURE(one.name(), notes.complaints);
        REQUIRE(notes.complaints.empty());
        CHECK(notes.cuts >= 1);
        check_events(notes);
        seen += check_welcomes(notes);
        check_stored(notes, stored.session(notes.session));
    }
    CHECK(seen.lossless > 0);
    CHECK(seen.replayed > 0);
}

TEST_CASE("the threads of a server that stores in files are as many as it is told, up to a bound") {
    temporary_folder folder;
    auto server = serve("file:" + folder.file("store"), {"--set", "threads=3"});
    real_environment world;
    stormy_weather calm(server->url());
    std::deque<talker> all;
    task_group tasks(world.env().get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (std::size_t i = 0; i < 12; ++i) {
        auto& one = all.emplace_back(world.env(), calm, "device-" + std::to_string(i));
        tasks.spawn(one.talk([&one] { return one.notes().turns.size() < 6; }));
    }
    world.run(tasks.join());
    for (const auto& one : all) {
        CHECK(one.notes().complaints.empty());
        CHECK(one.notes().settled());
        check_events(one.notes());
    }
    CHECK(server->stop(milliseconds(20'000)) == 0);
    std::string why;
    CHECK_FALSE(service::private_server::start(program, {"--set", "threads=1000"}, why));
}
