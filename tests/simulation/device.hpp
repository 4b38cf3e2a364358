#pragma once

#include "persistence/task_group.hpp"
#include "service/client/returning_client.hpp"
#include "tests/simulation/trace.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rejoinder::tests::simulation {

/// A device, and a witness of all that it is told: what contradicts the protocol's promises is noted as it
/// comes.
class device final : public service::client_listener {
public:
    /// It submits up to `under_way` turns before the first is answered.
    device(environment& env, service::dialer dial, std::string name, std::size_t under_way, trace& log);

    void begin() { tasks_.spawn(run()); }
    void leave() { client_.leave(); }
    task<> join() { return tasks_.join(); }

    /// Says something that nobody has said before.
    void speak();
    /// The same, and the device has something to do before it is answered; of five it forgets one.
    void ask_for_something();
    /// Says something that the responder has to be asked about.
    void wonder();
    /// Says something that a skill works on, which may take its next word as well.
    void send_on_errand();
    /// Says something that a timer reminds it of.
    void set_timer();
    /// Does not want one of its open turns any more.
    void change_its_mind();

    bool attached() const noexcept { return client_.attached(); }
    bool settled() const noexcept { return client_.open_turns() == 0; }

    const std::string& name() const noexcept { return name_; }
    const std::string& session() const noexcept { return client_.memory().session; }
    const std::vector<std::string>& complaints() const noexcept { return complaints_; }

    // What it knows, to be compared with what is stored.
    const std::map<std::uint64_t, std::string>& events() const noexcept { return events_; } ///< by number
    const std::set<std::string>& done() const noexcept { return done_; } ///< texts of turns that were taken
    const std::set<std::string>& refused() const noexcept {
        return refused_;
    } ///< of those that never will be
    std::size_t cancelled() const noexcept { return cancelled_; } ///< turns
    std::size_t welcomes() const noexcept { return welcomes_; }
    std::size_t migrations() const noexcept { return migrations_; } ///< of its session, that it was shown

    // client_listener
    void on_welcome(const json& welcome) override;
    void on_snapshot(const json& snapshot) override;
    void on_event(const json& event) override;
    void on_settled(const std::string& turn, const json& answer) override;
    void on_away(const service::absence& how) override;

private:
    task<> run();
    void say(const std::string& word);
    void do_work(const json& tool, const std::string& turn);
    void complain(const std::string& what);
    void look_at_machine(const json& machine);

    std::string name_;
    trace& trace_;
    service::returning_client client_;
    std::map<std::string, std::string> texts_; ///< of open turns, by id
    std::size_t said_ = 0;
    std::map<std::uint64_t, std::string> events_;
    std::set<std::string> done_;
    std::set<std::string> refused_;
    std::size_t cancelled_ = 0;
    std::set<std::string> calls_; ///< of tools, that it has heard of
    std::uint64_t seen_ = 0;
    std::size_t welcomes_ = 0;
    std::size_t migrations_ = 0;
    std::int64_t version_ = 0; ///< of the machine, that it knows
    std::string epoch_;
    std::string first_session_;
    std::vector<std::string> complaints_;
    task_group tasks_;
};

/// An event as it is compared: without what a replay adds.
std::string to_comparable(const json& event);

} // namespace rejoinder::tests::simulation
