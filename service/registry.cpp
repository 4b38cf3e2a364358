#include "service/registry.hpp"

#include "persistence/log.hpp"
#include "persistence/log_failure.hpp"
#include "service/machine_choice.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace rejoinder::service {

using persistence::errc;

namespace {

void log_session_error(std::exception_ptr error) {
    log_failure("session_failed", std::move(error));
}

found_session refused(refusal why) {
    return {nullptr, why, nullptr};
}

/// Of a session whose machine is not known before it has gone over.
std::optional<session_state> restore_without_machine(std::string_view text) {
    auto former = restore_former_state(text);
    if (!former) return std::nullopt;
    return std::move(former->rest);
}

} // namespace

registry::registry(session_house house, const machine_catalog& machines, const node_lease* leases,
                   placement where, std::atomic<std::size_t>* in_all)
    : house_(house),
      machines_(machines),
      leases_(leases),
      where_(where),
      in_all_(in_all ? *in_all : own_count_),
      tasks_(house.env.get_executor(), log_session_error) {}

task<found_session> registry::find(session_id id, elsewhere what) {
    if (auto live = live_.find(id); live != live_.end()) co_return found_session{live->second, {}, nullptr};
    auto key = (what == elsewhere::stays ? "session/" : "taken/") + id.text;
    auto work = load(std::move(id), what);
    co_return co_await once(std::move(key), std::move(work));
}

task<found_session> registry::find_for_robot(account_id account, device_id device, std::string machine) {
    auto key = "robot/" + account.text + "/" + device.text + "/" + machine;
    if (auto known = robots_.find(key); known != robots_.end()) {
        auto live = known->second.lock();
        if (live && !live->over() && !live->ended()) co_return found_session{std::move(live), {}, nullptr};
        robots_.erase(known);
    }
    auto work = load_for_robot(key, std::move(account), std::move(device), std::move(machine));
    co_return co_await once(std::move(key), std::move(work));
}

/// Does the work unless the same is under way already; then its answer serves for all.
task<found_session> registry::once(std::string key, task<found_session> work) {
    if (auto same = under_way_.find(key); same != under_way_.end()) {
        co_return co_await suspend<found_session>([&waiters = same->second](completion<found_session> done) {
            waiters.push_back(std::move(done));
        });
    }
    under_way_[key];
    auto answer = refused(refusal::unavailable);
    try {
        answer = co_await std::move(work);
    } catch (...) {
        log_failure("look_up_failed", std::current_exception());
    }
    auto node = under_way_.extract(key);
    for (auto& waiter : node.mapped())
        waiter.post(answer);
    co_return answer;
}

task<found_session> registry::load(session_id id, elsewhere what) {
    if (!where_.is_here(id)) co_return refused(refusal::unavailable);
    if (draining_) co_return refused(refusal::draining);
    if (in_all_ >= house_.limits.live_sessions) co_return refused(refusal::overloaded);
    auto stored = co_await house_.database.read_session(id);
    if (!stored)
        co_return refused(stored.error() == errc::not_found ? refusal::unknown : refusal::unavailable);
    if (auto live = live_.find(id); live != live_.end()) co_return found_session{live->second, {}, nullptr};
    if (draining_) co_return refused(refusal::draining);

    if (stored->expires <= house_.env.utc_now()) co_return refused(refusal::unknown);
    if (leases_ && what == elsewhere::stays) {
        auto home = co_await leases_->home_of(stored->owner_node);
        if (!home) co_return refused(refusal::unavailable);
        if (!home->empty()) {
            auto devices = restore_devices(stored->devices);
            auto moved = kept_back(refusal::moved, std::move(*stored), std::move(devices));
            moved.to = std::move(*home);
            co_return moved;
        }
        if (auto live = live_.find(id); live != live_.end())
            co_return found_session{live->second, {}, nullptr};
        if (draining_) co_return refused(refusal::draining);
    }
    co_return revive(std::move(*stored));
}

/// Makes a live session of what is stored of one, or says why it can't be. No part of the coroutine: as many
/// of those wait for the database as clients come back at once, and what is here would be part of each.
found_session registry::revive(persistence::session_row row) {
    auto devices = restore_devices(row.devices);
    auto choice = choose_machine(machines_, row);
    if (!choice.machine) {
        tell_of_machine(row, choice.why);
        return kept_back(refusal::machine, std::move(row), std::move(devices));
    }
    if (auto failed = failures_.find(row.id);
        failed != failures_.end() && failed->second >= failures_to_quarantine)
        return kept_back(refusal::quarantined, std::move(row), std::move(devices));
    auto state =
        choice.change ? restore_without_machine(row.state) : restore_state(*choice.machine, row.state);
    if (!state || !devices) {
        log::error("session_damaged", {{"session", row.id.text}, {"machine", row.machine}});
        return kept_back(refusal::damaged, std::move(row), std::move(devices));
    }
    session_origin origin{
        std::move(row), std::move(*state), std::move(*devices), {}, std::move(choice.change)};
    return activate(std::move(origin), *choice.machine);
}

/// Once for each machine, version and reason, however many sessions there are and however often they come.
void registry::tell_of_machine(const persistence::session_row& row, const std::string& why) {
    static constexpr std::size_t remembered = 1024;
    if (told_of_machines_.size() >= remembered) told_of_machines_.clear();
    bool is_new = told_of_machines_.insert(row.machine_hash + ' ' + row.machine + ' ' + why).second;
    if (!is_new) return;
    log::warning(
        "machine_differs",
        {{"session", row.id.text}, {"machine", row.machine}, {"stored", row.machine_version}, {"why", why}});
}

/// A session that is there and can't be had.
found_session registry::kept_back(refusal why, persistence::session_row row,
                                  std::optional<device_records> devices) const {
    auto epoch = make_epoch(house_.database.incarnation(), row.id.text, row.resets);
    return {nullptr, why,
            std::make_shared<session_ownership>(
                session_ownership{std::move(row), std::move(devices), std::move(epoch)})};
}

task<found_session> registry::load_for_robot(std::string key, account_id account, device_id device,
                                             std::string machine_id) {
    const auto* machine = machines_.find(machine_id);
    if (!machine) co_return refused(refusal::unknown_machine);
    persistence::robot_sessions index(house_.database);
    persistence::robot_conversation conversation{account, device, machine_id};
    auto entry = co_await index.load(conversation);
    if (!entry && entry.error() != errc::not_found) co_return refused(refusal::unavailable);

    std::optional<revision> former;
    if (entry) {
        auto stored = co_await find(entry->session, elsewhere::is_taken);
        bool gone = stored.live ? stored.live->ended()
                                : stored.why == refusal::unknown || stored.why == refusal::machine;
        if (!gone) {
            if (stored.live) know_robot(key, stored.live);
            co_return stored;
        }
        former = entry->revision;
    }
    auto origin = make_origin(account, device, *machine);
    origin.with_birth.push_back(former ? index.replace(conversation, origin.row.id, *former)
                                       : index.claim(conversation, origin.row.id));
    auto made = activate(std::move(origin), *machine);
    if (made.live) know_robot(key, made.live);
    co_return made;
}

found_session registry::create(const account_id& account, const device_id& device,
                               std::string_view machine_id) {
    const auto* machine = machines_.find(machine_id);
    if (!machine) return refused(refusal::unknown_machine);
    return activate(make_origin(account, device, *machine), *machine);
}

session_origin registry::make_origin(const account_id& account, const device_id& device,
                                     const statemachine::definition& machine) const {
    session_origin origin;
    do {
        origin.row.id = session_id{make_ulid(house_.env)};
    } while (!where_.is_here(origin.row.id));
    origin.row.account = account;
    origin.row.device = device;
    origin.row.user = account.text;
    origin.row.machine = machine.id();
    origin.row.machine_version = machine.version();
    origin.row.machine_hash = machine.hash();
    origin.row.metadata = "{}";
    return origin;
}

found_session registry::activate(session_origin origin, statemachine::definition machine) {
    if (draining_) return refused(refusal::draining);
    bool is_new = origin.row.key.value == 0;
    if (in_all_ >= house_.limits.live_sessions || (is_new && refuses_new_))
        return refused(refusal::overloaded);
    auto id = origin.row.id;
    session_owner& owner = *this;
    auto live = std::make_shared<session>(house_, std::move(machine), std::move(origin), owner);
    live_.emplace(std::move(id), live);
    ++in_all_;
    tasks_.spawn(let_work(live));
    return {std::move(live), {}, nullptr};
}

void registry::know_robot(const std::string& key, const std::shared_ptr<session>& live) {
    robots_.insert_or_assign(key, live);
    robot_keys_.insert_or_assign(live->id(), key);
}

/// The session takes no more messages: whoever asks next gets it anew.
void registry::over(session& which) {
    const auto& id = which.id();
    auto gone = live_.extract(id);
    if (gone) --in_all_;
    if (gone && expect_)
        if (auto due = gone.mapped()->next_timer()) expect_(*due);
    auto key = robot_keys_.extract(id);
    if (!key) return;
    // The robot may have begun another session meanwhile, which stays.
    auto known = robots_.find(key.mapped());
    auto live = known == robots_.end() ? nullptr : known->second.lock();
    if (known != robots_.end() && (!live || live->id() == id)) robots_.erase(known);
}

void registry::wanted(session& which) {
    tasks_.spawn_soon(let_work(which.shared_from_this()));
}

task<> registry::let_work(std::shared_ptr<session> live) {
    bool failed = false;
    try {
        co_await live->work();
    } catch (...) {
        failed = true;
        log_failure("session_failed", std::current_exception(), live->id().text);
    }
    if (!failed && !live->over()) co_return; // it rests
    if (failed || live->stillborn()) count_failure(*live);
    if (failed)
        co_await live->break_down();
    else if (live->has_progressed())
        failures_.erase(live->id());
}

void registry::count_failure(const session& of) {
    static constexpr std::size_t remembered = 1024;
    auto& times = failures_[of.id()];
    times = of.has_progressed() ? 1 : times + 1;
    if (times == failures_to_quarantine) log::error("session_quarantined", {{"session", of.id().text}});
    if (failures_.size() > remembered)
        std::erase_if(failures_, [](const auto& one) { return one.second < failures_to_quarantine; });
    if (failures_.size() > remembered) failures_.erase(failures_.begin());
}

/// The live sessions, oldest first: nothing that is done to all of them depends on the order of a hash.
std::vector<std::shared_ptr<session>> registry::by_age() const {
    std::vector<std::shared_ptr<session>> all;
    all.reserve(live_.size());
    for (const auto& [id, live] : live_)
        all.push_back(live);
    std::ranges::sort(all, {}, [](const auto& live) { return live->id(); });
    return all;
}

void registry::let_idle_leave() {
    for (auto& live : by_age())
        live->leave_if_idle();
}

std::size_t registry::count_bytes() const {
    std::size_t sum = 0;
    for (const auto& [id, live] : live_)
        sum += live->bytes();
    return sum;
}

void registry::renew_expiring(utc_time before) {
    for (auto& live : by_age())
        if (auto expiry = live->stored_expiry(); expiry && *expiry <= before) live->renew();
}

bool registry::has_expiring(utc_time before) const {
    return std::ranges::any_of(live_, [before](const auto& one) {
        auto expiry = one.second->stored_expiry();
        return expiry && *expiry <= before;
    });
}

void registry::begin_drain(milliseconds spread, milliseconds deadline) {
    draining_ = true;
    // Slots are dealt out evenly, by age, so that the clients do not all come back at the same moment.
    auto all = by_age();
    auto now = house_.env.steady_now();
    std::int64_t slot = 0;
    for (auto& live : all) {
        auto after = milliseconds(spread.count() * slot++ / static_cast<std::int64_t>(all.size()));
        live->announce_drain(now + after, now + deadline);
    }
}

task<> registry::close() {
    draining_ = true;
    for (auto& live : by_age())
        live->stop();
    co_await tasks_.join();
}

} // namespace rejoinder::service
