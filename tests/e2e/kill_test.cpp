// The server is killed again and again, and nothing that it has shown may be lost, nothing happen twice.

#include "persistence/task_group.hpp"
#include "tests/e2e/journal_checks.hpp"
#include "tests/e2e/served.hpp"
#include "tests/e2e/talker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_folder.hpp"

#include <map>
#include <random>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A server that is killed at random moments of its clients' work, and started again on the same database.
class mortal_server final : public fate {
public:
    mortal_server(environment& env, std::string file, std::uint32_t seed, std::size_t deaths)
        : file_(std::move(file)), random_(seed), planned_deaths_(deaths), soon_(env) {
        start();
        plan();
    }

    bool has_died_enough() const { return deaths() >= planned_deaths_; }
    std::size_t deaths() const { return heads_at_death_.size(); }

    /// How far the log of a session reached in the file when this life began; nothing: it was not there.
    const std::map<std::string, std::uint64_t>& heads_before(std::size_t life) const {
        return heads_at_death_.at(life - 1);
    }

    std::string url() const override { return server_->url(); }
    std::size_t life() const override { return deaths(); }

    std::optional<milliseconds> strike(moment at) override {
        if (has_died_enough() || soon_.armed() || at != moment_ || --countdown_ > 0) return std::nullopt;
        if (delay_) {
            soon_.arm_after(*delay_, [this] { die(); });
            return std::nullopt;
        }
        die();
        // What is on its way to the client arrives, or is lost with the server.
        return choose(0, 1) == 0 ? std::nullopt : std::optional(milliseconds(0));
    }

    void die() {
        server_->kill();
        heads_at_death_.push_back(stored_sessions(file_).heads());
        start();
        plan();
    }

private:
    void start() { server_ = serve("sqlite:" + file_, unhurried()); }

    /// Each death is followed by a hello, so the first of them is meant; turns and events come all the time.
    void plan() {
        moment_ = static_cast<moment>(choose(0, moments - 1));
        countdown_ = moment_ < moment::turn_unsent ? 1 : choose(1, 4);
        delay_.reset();
        if (choose(0, 1) == 0) delay_ = milliseconds(choose(0, 12));
    }

    int choose(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }

    std::string file_;
    std::mt19937 random_;
    std::size_t planned_deaths_;
    std::unique_ptr<service::private_server> server_;
    std::vector<std::map<std::string, std::uint64_t>> heads_at_death_;
    moment moment_ = moment::turn_sent;
    int countdown_ = 1;
    std::optional<milliseconds> delay_;
    timer soon_;
};

/// The first welcome of a life tells what the file held before the server saw it again.
void check_heads(const journal& notes, const mortal_server& server) {
    std::size_t known_life = 0;
    for (std::size_t i = 1; i < notes.welcomes.size(); ++i) {
        const auto& [had, frame, life] = notes.welcomes[i];
        if (life == known_life) continue;
        known_life = life;
        CAPTURE(i, life, frame.dump());
        CHECK(frame.at("head") == server.heads_before(life).at(notes.session));
    }
}

task<> talk_all(std::vector<std::unique_ptr<talker>>& talkers, mortal_server& server, task_group& tasks) {
    for (auto& one : talkers)
        tasks.spawn(one->talk([&server] { return !server.has_died_enough(); }));
    co_await tasks.join();
}

/// Lets so many clients talk while the server dies so often, then holds their journals against the file.
void survive(std::size_t clients, std::size_t deaths) {
    auto seed = test_seed();
    CAPTURE(seed);
    temporary_folder folder;
    auto file = folder.file("sessions.db");
    real_environment world;
    mortal_server server(world.env(), file, seed, deaths);
    std::vector<std::unique_ptr<talker>> talkers;
    for (std::size_t i = 0; i < clients; ++i)
        talkers.push_back(std::make_unique<talker>(world.env(), server, "device-" + std::to_string(i + 1)));

    std::exception_ptr failure;
    task_group tasks(world.env().get_executor(), [&failure](std::exception_ptr error) { failure = error; });
    world.run(talk_all(talkers, server, tasks), std::chrono::seconds(120));
    if (failure) std::rethrow_exception(failure);
    server.die(); // without a chance to tidy up, so that the file is as a crash leaves it

    stored_sessions stored(file);
    CHECK(stored.repeated_turns().empty());
    outcomes seen;
    for (const auto& one : talkers) {
        const auto& notes = one->notes();
        CAPTURE(one->name(), notes.session, notes.complaints);
        REQUIRE(notes.complaints.empty());
        check_events(notes);
        seen += check_welcomes(notes);
        check_heads(notes, server);
        check_stored(notes, stored.session(notes.session));
    }
    CHECK(server.deaths() > deaths);
    CHECK(seen.lossless > 0);
    CHECK(seen.replayed > 0);
}

} // namespace

TEST_CASE("P3: every turn happens once over fifty kills of the server") {
    survive(1, 50);
}

TEST_CASE("every turn of several clients happens once over kills of the server") {
    survive(5, 30);
}
