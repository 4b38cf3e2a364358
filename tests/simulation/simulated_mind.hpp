#pragma once

#include "service/responder.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/trace.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests::simulation {

/// Who answers for the machines of all servers: takes up to three seconds, says something in between, begins
/// anew at times, and fails at times. Notes a key under which two questions were asked.
class simulated_mind final : public service::responder {
public:
    simulated_mind(environment& env, chance& luck, trace& log) : env_(env), luck_(luck), trace_(log) {}

    std::unique_ptr<asking> ask(service::question what, listener who) override {
        trace_.add("mind", "is asked " + what.key);
        auto input = to_text(what.input);
        auto [known, is_new] = asked_.emplace(what.key, input);
        if (!is_new && known->second != input)
            complaints_.push_back("two questions have the key " + what.key);
        if (!is_new) ++repeated_;
        return std::make_unique<thought>(*this, std::move(who));
    }

    const std::vector<std::string>& complaints() const noexcept { return complaints_; }
    std::size_t asked() const noexcept { return asked_.size(); }
    std::size_t repeated() const noexcept { return repeated_; }

private:
    class thought final : public asking {
    public:
        thought(simulated_mind& of, listener who)
            : of_(of), who_(std::move(who)), steps_(of.luck_.below(6)), next_(of.env_) {
            go_on();
        }

    private:
        void go_on() {
            next_.arm_after(of_.luck_.between(milliseconds(1), milliseconds(600)), [this] { step(); });
        }

        void step() {
            if (steps_ == 0) return end();
            --steps_;
            if (of_.luck_.happens(100)) who_.on_restart();
            who_.on_part("more ");
            go_on();
        }

        void end() {
            if (of_.luck_.happens(200)) return who_.on_end(service::failed_call("busy", "Not now."));
            who_.on_end({service::call_outcome::end::done, {{"text", "an answer"}}});
        }

        simulated_mind& of_;
        listener who_;
        std::uint64_t steps_;
        timer next_;
    };

    environment& env_;
    chance& luck_;
    trace& trace_;
    std::map<std::string, std::string> asked_;
    std::size_t repeated_ = 0;
    std::vector<std::string> complaints_;
};

} // namespace rejoinder::tests::simulation
