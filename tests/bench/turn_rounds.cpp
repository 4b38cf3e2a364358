#include "tests/bench/turn_rounds.hpp"

#include "service/load/process_usage.hpp"
#include "tests/bench/bare_sqlite.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace rejoinder::bench {
namespace {

using namespace service::load;

/// So many connect at a time, where it is not the connecting that is measured.
constexpr std::size_t at_a_time = 256;

/// Far above what any of them takes where nothing else runs.
constexpr milliseconds longest_storm(180'000);

constexpr double wanted_load = 10'000;
constexpr std::size_t sessions_of_load = 1000;
constexpr std::size_t sessions_of_growth = 64;
constexpr std::size_t turns_a_transaction = 64;

} // namespace

struct turn_rounds::field {
    field(const competitor& one, std::string folder)
        : who(one), server(one, std::move(folder)), clients(context, *env, server.process()) {}
    ~field() { clients.end(); }

    /// Throws when somebody can't connect.
    double attach(std::size_t sessions, const std::string& prefix) {
        for (std::size_t i = 0; i < sessions; ++i)
            clients.add(who.make_client(*env, server.base(), prefix + std::to_string(i)));
        auto took = clients.begin(at_a_time);
        check("sessions", sessions);
        return took;
    }
    /// Turns of sessions that are not to be measured, until what translates a program while it runs has done
    /// so.
    void warm_up(std::size_t sessions, milliseconds duration) {
        race others(context, *env, server.process());
        for (std::size_t i = 0; i < sessions; ++i)
            others.add(who.make_client(*env, server.base(), "warm" + std::to_string(i)));
        others.begin(at_a_time);
        others.loop(duration);
        others.end();
    }
    void check(const std::string& what, std::size_t wanted) const {
        auto remarks = clients.remarks(what, wanted);
        if (!remarks.empty()) throw std::runtime_error(remarks.front());
    }

    const competitor& who;
    boost::asio::io_context context{1};
    std::unique_ptr<environment> env = make_system_environment(context);
    turn_server server;
    race clients;
};

turn_rounds::turn_rounds(turn_plan plan, std::vector<competitor> competitors)
    : plan_(std::move(plan)), competitors_(std::move(competitors)) {}

void turn_rounds::run(bool with_bare_sqlite, const progress& show) {
    auto all = schedule(with_bare_sqlite);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& one = all[i];
        auto name = (one.who ? one.who->name : "sqlite") + ", " + one.what;
        if (left_out_.contains(name)) continue;
        show(name, i, all.size());
        try {
            one.measure();
        } catch (const std::exception& problem) {
            left_out_.insert(name);
            remarks_.push_back(name + ": left out: " + problem.what());
        }
    }
}

std::vector<turn_rounds::measuring> turn_rounds::schedule(bool with_bare_sqlite) {
    std::vector<measuring> all;
    auto add_for_all = [&](const std::string& what, auto measure, std::size_t round_of_peers) {
        for (const auto& who : competitors_)
            if (who.is_ours() || round_of_peers == 0)
                all.push_back({what, &who, [&who, measure] { measure(who); }});
    };
    for (std::size_t round = 0; round < plan_.rounds; ++round) {
        for (auto sessions : plan_.sessions)
            for (const auto& who : competitors_)
                if (sessions <= who.most_sessions)
                    all.push_back({std::to_string(sessions) + " sessions", &who,
                                   [this, &who, sessions] { closed_loop(who, sessions); }});
        add_for_all("a fixed load", [this](const competitor& who) { offered_load(who); }, 0);
        add_for_all("all coming back", [this](const competitor& who) { resume_storm(who); }, 0);
        // Peers grow or don't; once tells, and takes them long.
        add_for_all("long histories", [this](const competitor& who) { growth_with_history(who); }, round);
        add_for_all("many stored sessions", [this](const competitor& who) { growth_with_store(who); }, round);
        if (with_bare_sqlite) all.push_back({"a bare loop", nullptr, [this] { bare_sqlite(); }});
    }
    return all;
}

void turn_rounds::closed_loop(const competitor& who, std::size_t sessions) {
    field place(who, fresh_folder());
    auto before = read_usage(place.server.process());
    place.attach(sessions, "s");
    auto attached = read_usage(place.server.process());
    place.clients.loop(loop_time() / 2);
    auto m = place.clients.loop(loop_time());
    place.check("sessions", sessions);

    auto at = ", N=" + grouped_digits(static_cast<double>(sessions), 0);
    auto key = "@" + std::to_string(sessions);
    add_rates(who.name, sessions, m.per_second, m.cpu_us);
    add(who, {"p50_ms" + key, "p50 ms" + at, 2, better::less}, m.p50_ms);
    add(who, {"p99_ms" + key, "p99 ms" + at, 2, better::less}, m.p99_ms);
    // A few sessions say more about the allocator than about themselves.
    if (sessions >= 1000)
        add(who, {"idle_kib" + key, "KiB a session, idle" + at, 1, better::less},
            (attached.resident_kib - before.resident_kib) / static_cast<double>(sessions));
}

/// Half of a load that is too much is offered next, until one is sustained.
void turn_rounds::offered_load(const competitor& who) {
    auto sessions = std::min(sessions_of_load, most_of(who));
    field place(who, fresh_folder());
    place.attach(sessions, "s");
    place.clients.loop(loop_time() / 2);
    for (auto load = wanted_load; load >= 1; load /= 2) {
        auto result = place.clients.offer(load, loop_time() * 2);
        place.check("sessions", sessions);
        if (!result.is_sustained()) continue;
        add(who, {"offered", "turns/s offered and sustained", 0, better::more}, load);
        add(who, {"offered_p50_ms", "p50 ms at that load", 2, better::less}, result.turns.p50_ms);
        add(who, {"offered_p99_ms", "p99 ms at that load", 2, better::less}, result.turns.p99_ms);
        return;
    }
    throw std::runtime_error("not one turn a second was sustained");
}

void turn_rounds::resume_storm(const competitor& who) {
    auto sessions = most_of(who);
    field place(who, fresh_folder());
    place.attach(sessions, "s");
    place.clients.take(1);
    place.check("sessions", sessions);
    place.server.kill();
    place.clients.end();
    place.server.start();
    place.clients.count(place.server.process());
    auto result = place.clients.come_back(longest_storm);
    place.check("sessions", sessions);

    auto count = static_cast<double>(result.count);
    add(who, {"storm", "sessions that come back at once", 0, better::neither}, count);
    add(who, {"storm_welcomes", "their welcomes/s", 0, better::more}, count / result.welcome_seconds);
    add(who, {"storm_turns", "their first turns/s", 0, better::more}, count / result.answered_seconds);
    add(who, {"storm_refusals", "attempts that led to nothing", 0, better::neither},
        static_cast<double>(result.refusals));
}

void turn_rounds::growth_with_history(const competitor& who) {
    // Ours forgets the ids of turns after some hundred.
    const std::size_t few = who.is_ours() ? 50 : 20;
    field place(who, fresh_folder());
    place.warm_up(sessions_of_growth, loop_time());
    place.attach(sessions_of_growth, "s");
    auto young = place.clients.take(few);
    place.clients.take(9 * few);
    auto old = place.clients.take(few);
    place.check("sessions", sessions_of_growth);
    if (young.cpu_us > 0)
        add(who, {"growth_history", "CPU a turn, ten times the history", 2, better::neither},
            old.cpu_us / young.cpu_us);
}

void turn_rounds::growth_with_store(const competitor& who) {
    auto many = most_of(who);
    auto folder = fresh_folder();
    auto with_few = cpu_with_stored(who, folder, many / 10);
    auto with_many = cpu_with_stored(who, folder, many - many / 10);
    if (with_few > 0)
        add(who, {"growth_stored", "CPU a turn, ten times the stored sessions", 2, better::neither},
            with_many / with_few);
}

/// Stores so many more sessions, of one turn each; the CPU of a turn of others afterwards, by a server that
/// has only those in memory.
double turn_rounds::cpu_with_stored(const competitor& who, const std::string& folder, std::size_t stored) {
    constexpr std::size_t wave = 1000;
    auto prefix = "w" + std::to_string(stored) + '-';
    {
        field place(who, folder);
        for (std::size_t made = 0; made < stored; made += wave) {
            race some(place.context, *place.env, place.server.process());
            auto size = std::min(wave, stored - made);
            for (std::size_t i = 0; i < size; ++i)
                some.add(who.make_client(*place.env, place.server.base(), prefix + std::to_string(made + i)));
            some.begin(at_a_time);
            some.take(1);
            some.end();
            auto remarks = some.remarks("sessions to be stored", size);
            if (!remarks.empty()) throw std::runtime_error(remarks.front());
        }
    }
    field place(who, folder);
    place.attach(sessions_of_growth, prefix + "s");
    place.clients.loop(loop_time() / 2);
    auto m = place.clients.loop(loop_time());
    place.check("sessions", sessions_of_growth);
    return m.cpu_us;
}

/// They stand beside 64 sessions, whose turns may meet in one transaction as theirs do.
void turn_rounds::bare_sqlite() {
    std::chrono::duration<double> how_long(plan_.seconds);
    for (auto tables : {bare_tables::same, bare_tables::least}) {
        auto folder = fresh_folder();
        std::filesystem::create_directories(folder);
        auto m =
            run_bare_sqlite(tables, folder + "/bare.db", sessions_of_growth, turns_a_transaction, how_long);
        add_rates(std::string(to_string(tables)), turns_a_transaction, m.per_second, m.cpu_us);
    }
}

void turn_rounds::add_rates(const std::string& whose, std::size_t sessions, double per_second,
                            double cpu_us) {
    auto at = ", N=" + grouped_digits(static_cast<double>(sessions), 0);
    auto key = "@" + std::to_string(sessions);
    figures_.add(whose, {"per_second" + key, "turns/s" + at, 0, better::more}, per_second);
    figures_.add(whose, {"cpu_us" + key, "CPU us a turn" + at, 1, better::less}, cpu_us);
    if (cpu_us > 0)
        figures_.add(whose, {"per_core" + key, "turns/s a server core" + at, 0, better::more}, 1e6 / cpu_us);
}

void turn_rounds::add(const competitor& who, const figure& what, double value) {
    figures_.add(who.name, what, value);
}

std::string turn_rounds::fresh_folder() {
    return plan_.folder + "/" + std::to_string(++folders_);
}

/// The greatest number of sessions that is asked for and possible.
std::size_t turn_rounds::most_of(const competitor& who) const {
    return std::min(who.most_sessions, std::ranges::max(plan_.sessions));
}

milliseconds turn_rounds::loop_time() const {
    return milliseconds(static_cast<std::int64_t>(plan_.seconds * 1000));
}

} // namespace rejoinder::bench
