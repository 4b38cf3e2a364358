#pragma once

#include "tests/service/house.hpp"
#include "tests/support/catch_result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// What the tests of the registry do with it and with the sessions that it gives.
namespace rejoinder::tests {

inline const account_id local{"local"};

/// Writes down what the turns are answered with.
struct answers final : service::turn_listener {
    void accepted(const service::turn_record& turn, service::novelty) override {
        accepted_turns.push_back(turn.id.text);
    }
    void rejected(const service::rejection& why) override { others.push_back(why.code); }
    void lost(const turn_id& turn) override { others.push_back("lost " + turn.text); }

    std::vector<std::string> accepted_turns;
    std::vector<std::string> others;
};

inline service::turn_request a_turn(const std::string& id, std::uint64_t number,
                                    std::shared_ptr<answers> listener, const std::string& text = "hi") {
    service::turn_request request;
    request.id = turn_id{id};
    request.device = device_id{"d-1"};
    request.number = number;
    request.digest = text;
    request.event = {"turn.text", {{"text", text}}};
    request.heard = text;
    request.listener = std::move(listener);
    return request;
}

/// A new session that has taken one turn, so it is stored.
inline session_id stored_session(house& h) {
    auto made = h.sessions->create(local, device_id{"d-1"}, "parrot");
    REQUIRE(made.live);
    auto listener = std::make_shared<answers>();
    REQUIRE(made.live->submit(a_turn("t-1", 1, listener)) == delivery::queued);
    h.env.run_ready();
    REQUIRE(listener->accepted_turns.size() == 1);
    return made.live->id();
}

inline void let_idle(house& h) {
    h.env.advance(h.limits.idle_deactivation);
    REQUIRE(h.sessions->live_sessions() == 0);
}

inline service::found_session find(house& h, const session_id& id) {
    return h.env.run(h.sessions->find(id));
}

inline service::found_session find_robot(house& h, const std::string& device = "robot-1",
                                         const std::string& machine = "parrot",
                                         const std::string& account = "local") {
    return h.env.run(h.sessions->find_for_robot(account_id{account}, device_id{device}, machine));
}

/// Does a look-up and keeps what it finds, while others go on.
inline task<> keep(task<service::found_session> work, std::vector<service::found_session>& into) {
    auto found = co_await std::move(work);
    into.push_back(std::move(found));
}

/// Changes the stored row behind the registry's back.
inline void tamper(house& h, const session_id& id,
                   const std::function<void(persistence::session_row&)>& change) {
    auto row = h.env.run(h.database.read_session(id));
    REQUIRE(row);
    persistence::change_set changes;
    changes.now = h.env.utc_now();
    auto& write = changes.session.emplace();
    write.expected = persistence::session_fence{row->owner_generation, row->revision};
    write.row = std::move(*row);
    change(write.row);
    auto outcome = h.env.run(h.database.inner().commit(std::move(changes)));
    REQUIRE(outcome.committed());
}

} // namespace rejoinder::tests
