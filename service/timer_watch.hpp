#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "persistence/stores/due_sessions.hpp"
#include "service/all_sessions.hpp"
#include "service/settings.hpp"

#include <map>
#include <set>
#include <string>

namespace rejoinder::service {

/// Wakes sessions that nobody has loaded when a timer of theirs is due: it loads them, and they fire it
/// themselves. Live sessions need nobody for that.
///
/// Looks at the store when the next timer falls due that it knows of, and every `longest_sleep` for those
/// that other servers have left behind. A session that another server had last, which may have it still, is
/// given that server's lease of time to fire by itself, from when it was first found due here: the wall clock
/// may have been set forward.
///
/// After a long downtime many are due at once: `settings::woken_per_second` are looked after in a second, in
/// the order in which they fell due, and the rest waits. What can't be loaded is tried again when all others
/// were.
///
/// Lives on the environment's thread; `run` ends after `stop`. What it uses outlives it.
class timer_watch {
public:
    static constexpr milliseconds longest_sleep{30000};

    timer_watch(environment& env, persistence::database& store, all_sessions sessions,
                const settings& limits);

    task<> run();
    void stop();

    /// A session has gone to sleep with a timer that is due then.
    void expect(utc_time due);

private:
    task<result<utc_time>> wake_due();
    bool has_room_in_this_second();
    milliseconds rest_of_second() const;
    utc_time look_again_by(utc_time due);
    /// Whether that has activated one.
    task<bool> wake(persistence::due_session which);
    task<bool> is_others(persistence::due_session which);
    bool has_had_its_time(const persistence::due_session& which);
    void rest_until(utc_time due);

    environment& env_;
    persistence::database& store_;
    all_sessions sessions_;
    const settings& limits_;
    persistence::due_sessions index_;
    timer alarm_;
    signal wake_;
    utc_time next_look_{};
    std::string looked_after_; ///< the key up to which what is due was looked after; empty: from the first on
    steady_time second_{};     ///< that began then
    std::size_t in_second_ = 0;                    ///< sessions that were looked after in it
    std::map<std::string, steady_time> found_due_; ///< of other servers' sessions, by key, since when
    std::set<std::string> still_due_;              ///< of those, in this look
    bool stopping_ = false;
};

} // namespace rejoinder::service
