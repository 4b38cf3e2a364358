#include "service/all_sessions.hpp"

#include "persistence/loops.hpp"

#include <utility>

namespace rejoinder::service {
namespace {

/// Nothing of the session itself leaves its loop.
task<all_sessions::waking> wake_here(registry* sessions, session_id id) {
    auto finding = sessions->find(std::move(id));
    auto found = co_await std::move(finding);
    if (found.live) co_return all_sessions::waking::awake;
    co_return found.why == refusal::unknown ? all_sessions::waking::unknown : all_sessions::waking::kept_back;
}

} // namespace

template <class Function>
task<> all_sessions::tell_each(Function function) const {
    for (auto* part : parts_) {
        auto telling = call_on(part->get_executor(), [part, function] { function(*part); });
        co_await std::move(telling);
    }
}

task<bool> all_sessions::is_live(session_id id) const {
    auto* part = home_of(id);
    return call_on(part->get_executor(), [part, id = std::move(id)] { return part->is_live(id); });
}

task<all_sessions::waking> all_sessions::wake(session_id id) const {
    auto* part = home_of(id);
    return run_on<waking>(part->get_executor(), [part, id = std::move(id)] { return wake_here(part, id); });
}

task<> all_sessions::renew_expiring(utc_time before) const {
    return tell_each([before](registry& part) { part.renew_expiring(before); });
}

task<bool> all_sessions::has_expiring(utc_time before) const {
    for (auto* part : parts_) {
        auto asking = call_on(part->get_executor(), [part, before] { return part->has_expiring(before); });
        if (co_await std::move(asking)) co_return true;
    }
    co_return false;
}

task<> all_sessions::refuse_new() const {
    return tell_each([](registry& part) { part.refuse_new(); });
}

task<> all_sessions::welcome_new() const {
    return tell_each([](registry& part) { part.welcome_new(); });
}

task<> all_sessions::let_idle_leave() const {
    return tell_each([](registry& part) { part.let_idle_leave(); });
}

} // namespace rejoinder::service
