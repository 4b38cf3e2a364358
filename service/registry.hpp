#pragma once

#include "persistence/stores/robot_sessions.hpp"
#include "persistence/task_group.hpp"
#include "service/machine_catalog.hpp"
#include "service/node_lease.hpp"
#include "service/placement.hpp"
#include "service/refusal.hpp"
#include "service/session.hpp"
#include "service/session_claim.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rejoinder::service {

/// A session that takes messages, or the reason why there is none.
struct found_session {
    std::shared_ptr<session> live;
    std::optional<refusal> why;
    /// With a reason that tells of a stored session: who may hear it.
    std::shared_ptr<const session_ownership> owner;
    std::string to{}; ///< with `moved`: the session endpoint of the server that has it
};

/// A session that broke so often in a row, without a step that was committed, is quarantined: nobody gets it
/// before the server starts anew, so that it harms no other.
inline constexpr int failures_to_quarantine = 3;

/// The live sessions of one thread: those that live there (`placement`), and no others. A session is
/// activated once however many ask for it at the same time, and leaves the moment it takes no more messages,
/// so that whoever asks next loads it anew. Owns the sessions and their tasks.
class registry final : session_owner {
public:
    /// `leases` may be null, where no other server has the same store. `in_all` counts the live sessions of
    /// all loops, which are bounded together; null: there are no others.
    registry(session_house house, const machine_catalog& machines, const node_lease* leases = nullptr,
             placement where = {}, std::atomic<std::size_t>* in_all = nullptr);

    executor get_executor() const noexcept { return house_.env.get_executor(); }

    /// What becomes of a session that another server has, which lives.
    enum class elsewhere {
        stays,   ///< it is `moved`
        is_taken ///< it is taken over: a robot can't be sent there
    };

    /// The session of that id, loaded if it is not live.
    task<found_session> find(session_id id, elsewhere what = elsewhere::stays);

    /// A new session; it is stored by the first message that it handles.
    found_session create(const account_id& account, const device_id& device, std::string_view machine);

    /// The one session that carries a robot's dialogue with this machine; made when there is none, when it
    /// has ended, and when it can't go on with its machine as that is now: a robot can't choose. The former
    /// one stays as it is stored.
    task<found_session> find_for_robot(account_id account, device_id device, std::string machine);

    std::size_t live_sessions() const noexcept { return live_.size(); }
    bool is_live(const session_id& id) const { return live_.contains(id); }

    /// From now on no session is made, until `welcome_new`; those that are stored are found.
    void refuse_new() noexcept { refuses_new_ = true; }
    void welcome_new() noexcept { refuses_new_ = false; }
    bool refuses_new() const noexcept { return refuses_new_; }

    /// Lets sessions without clients and work leave memory now, instead of after their pause.
    void let_idle_leave();

    /// What the live sessions hold of the process's memory, without their clients' outboxes: an estimate that
    /// errs upwards.
    std::size_t count_bytes() const;

    /// Lets live sessions that would expire before a moment live on, where a client is attached. They commit
    /// it soon.
    void renew_expiring(utc_time before);

    /// Whether a session that lives here is stored as expiring before a moment.
    bool has_expiring(utc_time before) const;

    /// From now on `expect` is told, when a session leaves memory, of its next timer.
    void tell_of_timers(std::function<void(utc_time)> expect) { expect_ = std::move(expect); }

    /// From now on nothing is activated; clients that are attached, or still attach to what lives, are told
    /// to come back, spread over `spread`.
    void begin_drain(milliseconds spread, milliseconds deadline);

    /// Lets every session finish what it has queued, and waits until all are gone.
    task<> close();

private:
    task<found_session> once(std::string key, task<found_session> work);
    task<found_session> load(session_id id, elsewhere what);
    task<found_session> load_for_robot(std::string key, account_id account, device_id device,
                                       std::string machine);
    found_session revive(persistence::session_row row);
    found_session kept_back(refusal why, persistence::session_row row,
                            std::optional<device_records> devices) const;
    found_session activate(session_origin origin, statemachine::definition machine);
    session_origin make_origin(const account_id& account, const device_id& device,
                               const statemachine::definition& machine) const;
    void know_robot(const std::string& key, const std::shared_ptr<session>& live);
    std::vector<std::shared_ptr<session>> by_age() const;
    void wanted(session& which) override;
    void over(session& which) override;
    task<> let_work(std::shared_ptr<session> live);
    void count_failure(const session& of);
    void tell_of_machine(const persistence::session_row& row, const std::string& why);

    session_house house_;
    const machine_catalog& machines_;
    const node_lease* leases_;
    placement where_;
    std::atomic<std::size_t> own_count_ = 0;
    std::atomic<std::size_t>& in_all_; ///< live sessions
    std::unordered_map<session_id, std::shared_ptr<session>> live_;
    /// Live sessions of robots: one that is not stored yet must be found again, and the database can't tell
    /// of it.
    std::map<std::string, std::weak_ptr<session>> robots_;
    std::unordered_map<session_id, std::string> robot_keys_; ///< of those
    /// What is being looked up at this moment, with those who wait for the same answer.
    std::map<std::string, std::vector<completion<found_session>>> under_way_;
    /// Activations in a row that broke without getting on.
    std::map<session_id, int> failures_;
    /// Machines that sessions could not go on with, with the reasons: those are in the log.
    std::set<std::string> told_of_machines_;
    std::function<void(utc_time)> expect_;
    bool draining_ = false;
    bool refuses_new_ = false;
    task_group tasks_;
};

} // namespace rejoinder::service
