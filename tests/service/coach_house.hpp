#pragma once

#include "persistence/stores/coach_store.hpp"
#include "persistence/stores/identity_store.hpp"
#include "persistence/stores/user_store.hpp"
#include "tests/service/house.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/machine_document.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::tests {

/// A house in which the sample coach works.
class coach_house : public house {
public:
    coach_house() {
        limits.heartbeat = std::chrono::hours(1);
        auto loaded = statemachine::load_definition_text(sample_machine("coach"));
        if (!loaded.machine) throw std::runtime_error(loaded.problems.at(0).message);
        machines.add(*loaded.machine);
    }

    persistence::coach_store coach{database, {account_id{"local"}, ""}};
    persistence::identity_store identities{database, {account_id{"local"}, ""}};
    persistence::user_store user{database, account_id{"local"}};

    std::vector<std::string> stored_identities() {
        std::vector<std::string> names;
        auto found = env.run(identities.list("", 1000));
        if (found)
            for (const auto& one : found->records)
                names.push_back(one.value.name);
        return names;
    }
};

/// One of the user's sessions, with a device of its own.
class coach_visit {
public:
    coach_visit(coach_house& h, std::string device) : h_(h), device_(std::move(device)) {
        socket_ = h_.connect();
        auto hello = house::hello(device_);
        hello["machine"] = "coach";
        welcome_ = h_.attach(*socket_, hello);
        read();
    }

    /// Begins a turn; what comes of it is read later.
    void begin(std::string_view text) {
        h_.env.advance(milliseconds(1)); // ids sort by the moment in which they were made
        results.clear();
        auto number = static_cast<std::uint64_t>(++turns_);
        socket_->say(house::turn(device_ + "-" + std::to_string(turns_), number, std::string(text)));
    }

    /// All that is said to it, in one text.
    std::string say(std::string_view text) {
        begin(text);
        h_.env.run_ready();
        return read();
    }

    coach_visit& until_brainstorming() {
        for (auto text : {"hello", "yes", "skip", "ready", "no more questions", "no", "no", "no", "no"})
            say(text);
        REQUIRE(state == "identity_brainstorming");
        return *this;
    }

    std::string read() {
        std::string all;
        failed.clear();
        while (auto frame = socket_->next()) {
            auto kind = frame->value("kind", "");
            if (kind == "say" || kind == "ask") all += (*frame)["data"]["text"].get<std::string>() + " ";
            if (kind == "action") results.push_back((*frame)["data"]);
            if (kind == "state") state = (*frame)["data"]["value"];
            if (kind == "turn.failed") failed = (*frame)["data"]["code"];
            if (frame->value("type", "") == "rejected") failed = (*frame)["code"];
        }
        return all;
    }

    std::string session() const { return welcome_["session"]; }

    std::vector<json> results; ///< of the last turn's actions

    std::string state;
    std::string failed; ///< code; empty: the last turn did not fail

private:
    coach_house& h_;
    std::string device_;
    std::unique_ptr<fake_socket> socket_;
    json welcome_;
    int turns_ = 0;
};

} // namespace rejoinder::tests
