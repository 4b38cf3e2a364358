#include "tests/simulation/simulation.hpp"

#include "persistence/memory/memory_database.hpp"
#include "service/admin/loan.hpp"
#include "tests/simulation/counter_machine.hpp"
#include "tests/simulation/device.hpp"
#include "tests/simulation/history_check.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/simulated_mind.hpp"
#include "tests/support/manual_environment.hpp"
#include "tests/support/pass_time.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace rejoinder::tests::simulation {
namespace {

class world {
public:
    world(std::uint64_t seed, const plan& how)
        : plan_(how),
          luck_(seed),
          env_(seed),
          trace_(env_),
          mind_(env_, luck_, trace_),
          store_(*persistence::open_memory_database(env_, {})),
          net_(env_, luck_, weather_, trace_),
          tasks_(env_.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }) {
        serve_version(1);
        auto& limits = options_.limits;
        // Rates are raised, as everybody comes from a few addresses; what they bound has tests of its own.
        limits.attach_attempts_per_minute = limits.attach_attempts_burst = 1e9;
        limits.address_attempts_per_minute = limits.address_attempts_burst = 1e9;
        limits.takeovers = 1'000'000;
        limits.listener.connections_per_address = 1'000'000;
        limits.connections_per_user = 1'000'000;
        limits.idle_deactivation = luck_.between(milliseconds(200), milliseconds(20'000));
        limits.drain = luck_.between(milliseconds(0), milliseconds(3'000));
        limits.interlocks = how.interlocks;
        send_home_ = luck_.happens(500);
        upgrades_ = luck_.happens(how.upgraded);
    }

    verdict run() {
        for (std::size_t i = 0; i < plan_.nodes; ++i)
            start(name_of_node(i));
        for (std::size_t i = 0; i < plan_.devices; ++i) {
            auto name = "d" + std::to_string(i + 1);
            devices_.push_back(std::make_unique<device>(env_, net_.dialer_of(name), name, 1 + i % 3, trace_));
            devices_.back()->begin();
        }
        for (int i = 0; i < plan_.storms && problems_.empty(); ++i) {
            rage();
            calm_down();
        }
        end();
        return conclude();
    }

private:
    static constexpr milliseconds longest_jump = std::chrono::minutes(10);
    static constexpr std::int64_t newest_version = 3;

    static std::string name_of_node(std::size_t number) { return "node" + std::to_string(number + 1); }

    void start(const std::string& name) {
        trace_.add(name, "starts");
        options_.limits.node = name;
        options_.limits.node_url = send_home_ ? "ws://" + name + "/v1/session" : "";
        auto open = [this, name, is_first = true]() mutable -> std::unique_ptr<simulated_database> {
            if (!std::exchange(is_first, false) && luck_.happens(weather_.refused)) return nullptr;
            return std::make_unique<simulated_database>(env_, *store_, luck_, weather_, trace_, name,
                                                        plan_.store);
        };
        nodes_.push_back(std::make_unique<node>(env_, net_, open, machines_, options_, name, &mind_));
    }

    // ---- storms

    void rage() {
        trace_.add("weather", "storm");
        weather_ = weather::storm();
        auto until = env_.steady_now() + plan_.storm_length;
        while (env_.steady_now() < until) {
            env_.advance(luck_.between(milliseconds(1), milliseconds(250)));
            strike();
        }
    }

    void strike() {
        auto kind = luck_.below(100);
        if (kind < 43) {
            auto& one = *devices_[luck_.below(devices_.size())];
            if (kind < 22)
                one.speak();
            else if (kind < 28)
                one.ask_for_something();
            else if (kind < 32)
                one.wonder();
            else if (kind < 36)
                one.send_on_errand();
            else if (kind < 40)
                one.set_timer();
            else
                one.change_its_mind();
        } else if (kind < 66) {
            net_.cut_one();
        } else if (kind < 70) {
            net_.silence_one();
        } else if (kind < 77 && !nodes_.empty()) {
            crash(luck_.below(nodes_.size()));
        } else if (kind < 81 && !nodes_.empty()) {
            drain(luck_.below(nodes_.size()));
        } else if (kind < 84 && !nodes_.empty()) {
            auto time = luck_.between(milliseconds(0), milliseconds(3'000));
            tasks_.spawn(borrow_store(nodes_[luck_.below(nodes_.size())].get(), time));
        } else if (kind < 87) {
            jump_clock();
        } else if (kind < 95) {
            restart_one();
        } else if (kind < 96) {
            upgrade();
        } else {
            weather_.refused = luck_.happens(500) ? 300 : 30;
            weather_.unknown = luck_.happens(500) ? 200 : 30;
        }
    }

    std::unique_ptr<node> take(std::size_t which) {
        auto taken = std::move(nodes_[which]);
        nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(which));
        down_.push_back(taken->name());
        return taken;
    }

    void crash(std::size_t which) {
        auto gone = take(which);
        trace_.add(gone->name(), "crashes");
        ++crashes_;
        gone->crash();
        leave(std::move(gone), milliseconds(0));
    }

    void drain(std::size_t which) {
        auto going = take(which);
        trace_.add(going->name(), "drains");
        leave(std::move(going), luck_.between(milliseconds(0), milliseconds(3'000)));
    }

    void leave(std::unique_ptr<node> going, milliseconds grace) {
        leaving_.push_back(std::move(going));
        tasks_.spawn(drain_whole(leaving_.back().get(), grace));
    }

    task<> drain_whole(node* going, milliseconds grace) {
        ++draining_;
        co_await going->drain(grace);
        --draining_;
    }

    /// All servers end, each in its way, and only then those of the next version begin: an older one would
    /// refuse what a newer one has taken over.
    void upgrade() {
        if (!upgrades_ || version_ == newest_version) return;
        trace_.add("weather", "upgrade");
        while (!nodes_.empty())
            if (luck_.happens(500))
                crash(0);
            else
                drain(0);
        for (int i = 0; i < 600 && draining_ > 0; ++i)
            env_.advance(milliseconds(100));
        if (draining_ > 0) problems_.push_back("a server has not ended a minute after it was told to");
        serve_version(version_ + 1);
        restart_one();
    }

    void serve_version(std::int64_t version) {
        version_ = version;
        machines_ = {};
        machines_.add(counter_machine(version, plan_.lost));
    }

    /// A node comes back under another name: the one that drains may still be there.
    void restart_one() {
        if (down_.empty()) return;
        down_.pop_back();
        start(name_of_node(plan_.nodes + started_++));
    }

    /// What a command of the node's machine does that needs the store for itself, for so long. It gives it
    /// back, or is killed; its connection may be lost before.
    task<> borrow_store(node* from, milliseconds time) {
        ++commands_;
        std::string why;
        auto borrowing =
            service::admin::borrow(&env_, from->for_commands(), &why, net_.dialer_to(from->name()));
        auto lent = co_await std::move(borrowing);
        if (lent) {
            trace_.add(from->name(), "has lent its store");
            ++loans_;
            if (from->has_store()) problems_.push_back(from->name() + " has the store open that it has lent");
            co_await pass_time(&env_, time);
            trace_.add(from->name(), "is given its store back");
            if (luck_.happens(500)) co_await (*lent)->give_back();
        } else {
            trace_.add(from->name(), "keeps its store: " + why);
        }
        --commands_;
    }

    /// By minutes, in either direction, as when somebody sets it.
    void jump_clock() {
        auto by = luck_.between(-longest_jump, longest_jump);
        trace_.add("weather", "the wall clock jumps by " + std::to_string(by.count()));
        ++jumps_;
        set_clock(by);
    }

    void set_clock(milliseconds by) {
        env_.jump_utc(by);
        clock_is_off_ += by;
        most_off_ = std::max(most_off_, clock_is_off_);
    }

    // ---- calms

    void calm_down() {
        trace_.add("weather", "calm");
        weather_ = weather();
        net_.cut_silent();
        // Deadlines of tools are never early by the wall clock, so one that was set back makes them late.
        set_clock(most_off_ - clock_is_off_);
        while (!down_.empty())
            restart_one();
        auto all_well = [this] {
            return commands_ == 0 &&
                   std::ranges::all_of(nodes_, [](const auto& one) { return one->has_store(); }) &&
                   std::ranges::all_of(devices_,
                                       [](const auto& one) { return one->attached() && one->settled(); });
        };
        env_.advance(milliseconds(100)); // a wire that was cut just now is not noticed yet
        for (int i = 0; i < 1'200 && !all_well(); ++i)
            env_.advance(milliseconds(100));
        for (const auto& one : devices_) {
            if (!one->attached())
                problems_.push_back(one->name() + " has not come back two minutes after a storm");
            if (!one->settled())
                problems_.push_back(one->name() + " has no answer two minutes after a storm");
        }
        for (const auto& one : nodes_)
            if (!one->has_store())
                problems_.push_back(one->name() + " has not its store back two minutes after a storm");
        if (commands_ > 0) problems_.push_back("a command is at work two minutes after a storm");
        if (!problems_.empty()) return;
        for (const auto& one : devices_)
            one->speak();
        env_.advance(milliseconds(1'000));
        for (const auto& one : devices_)
            if (!one->settled()) problems_.push_back(one->name() + " has no answer after a second of calm");
    }

    // ---- the end

    void end() {
        trace_.add("weather", "end");
        // Until the last timer must have fired, also of a session that another server has left behind.
        env_.advance(timer_length + options_.limits.lease + 2 * service::timer_watch::longest_sleep);
        for (const auto& one : devices_)
            one->leave();
        for (const auto& one : devices_)
            env_.run(one->join());
        while (!nodes_.empty())
            drain(0);
        env_.run(tasks_.join());
        env_.run(net_.close());
    }

    verdict conclude() {
        verdict made;
        for (const auto& one : devices_) {
            for (const auto& complaint : one->complaints())
                problems_.push_back(complaint);
            for (auto& problem : env_.run(compare_with_history(store_.get(), one.get())))
                problems_.push_back(one->name() + ": " + problem);
            made.turns += one->done().size();
            made.cancelled += one->cancelled();
            made.migrations += one->migrations();
        }
        for (const auto& complaint : mind_.complaints())
            problems_.push_back(complaint);
        made.asked = mind_.asked();
        made.problems = std::move(problems_);
        made.hash = trace_.hash();
        made.lines = trace_.count();
        made.trace = trace_.text();
        made.crashes = crashes_;
        made.loans = loans_;
        made.jumps = jumps_;
        return made;
    }

    plan plan_;
    chance luck_;
    weather weather_;
    manual_environment env_;
    trace trace_;
    simulated_mind mind_;
    service::config options_;
    bool send_home_ = false; ///< servers send clients to the one that has their session
    bool upgrades_ = false;
    std::int64_t version_ = 0;
    service::machine_catalog machines_; ///< of servers that begin
    std::unique_ptr<persistence::database> store_;
    network net_;
    std::vector<std::unique_ptr<device>> devices_;
    std::vector<std::unique_ptr<node>> nodes_;
    std::vector<std::unique_ptr<node>> leaving_; ///< that have crashed or drain
    std::vector<std::string> down_;
    std::size_t started_ = 0;
    std::size_t draining_ = 0;
    std::uint64_t crashes_ = 0;
    std::uint64_t loans_ = 0;
    std::uint64_t jumps_ = 0;
    milliseconds clock_is_off_{0};
    milliseconds most_off_{0};
    std::size_t commands_ = 0; ///< at work
    std::vector<std::string> problems_;
    task_group tasks_;
};

} // namespace

verdict simulate(std::uint64_t seed, const plan& how) {
    world simulated(seed, how);
    return simulated.run();
}

} // namespace rejoinder::tests::simulation
