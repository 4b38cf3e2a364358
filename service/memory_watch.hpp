#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "service/all_sessions.hpp"
#include "service/process_memory.hpp"
#include "service/settings.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace rejoinder::service {

/// One of the things that are done when memory gets short: it begins at a share of the bound and ends at a
/// smaller one, so that it does not come and go with every look. Pure.
class memory_step {
public:
    enum class change { none, begins, ends };

    /// In percent of the bound.
    memory_step(std::uint64_t begin, std::uint64_t end) noexcept : begin_(begin), end_(end) {}

    change look(std::uint64_t used, std::uint64_t bound) noexcept;
    bool on() const noexcept { return on_; }

private:
    std::uint64_t begin_;
    std::uint64_t end_;
    bool on_ = false;
};

/// Keeps the process below its bound of memory (`limits.memory-mb`), so that it is never the kernel that
/// chooses what ends. It looks once a second at the resident set, and does
///
///  - from 80 % on: sessions without clients and work leave memory at once, not after their pause; what was
///    freed is given back to the system;
///  - from 90 % on: no session is made, and connections that want one, or only an echo, are refused with
///    `overloaded` and `after`; a client that comes back to a session that there is, is served, and so is a
///    robot;
///  - from 100 % on: the client, robot or echo for which the most bytes wait is closed as a slow consumer
///    (4008; of a session's client the log has what it lacks), then the next one, ten a second at most, until
///    it is below.
///
/// Each ends 5 points below where it began. The log says when one begins and ends.
///
/// Owner: `serving`, which spawns `run`, and calls `stop` before it joins its tasks. What is given outlives
/// it. On the environment's thread.
class memory_watch {
public:
    static constexpr milliseconds interval{1000};
    /// Between two looks while connections are closed.
    static constexpr milliseconds short_interval{100};

    /// Gives up whoever reads slowest of all who are connected, as a slow consumer, with a sentence why.
    using relief = std::function<task<>(std::string why)>;

    memory_watch(environment& env, all_sessions sessions, const settings& limits, process_memory memory,
                 relief give_up_slowest);

    task<> run();
    void stop();

    /// Whether nobody new may come.
    bool refuses_new() const noexcept { return refusing_.on(); }

    /// The resident set now; 0: not known.
    std::uint64_t resident() const { return memory_.resident().value_or(0); }

private:
    task<> look();
    void note(memory_step::change change, const char* begins, const char* ends, std::uint64_t used) const;

    all_sessions sessions_;
    process_memory memory_;
    relief give_up_slowest_;
    std::uint64_t bound_; ///< in bytes; 0: none
    memory_step idle_leave_{80, 75};
    memory_step refusing_{90, 85};
    memory_step closing_{100, 95};
    timer next_;
    signal wake_;
    bool stopping_ = false;
    bool told_of_silence_ = false;
};

} // namespace rejoinder::service
