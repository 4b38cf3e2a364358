#include "tests/simulation/simulated_database.hpp"

#include "service/session_state.hpp"
#include "tests/support/pass_time.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace rejoinder::tests::simulation {

using namespace persistence;

simulated_database::simulated_database(environment& env, database& store, chance& luck, const weather& now,
                                       trace& log, std::string node, rules kept)
    : env_(env),
      store_(store),
      luck_(luck),
      weather_(now),
      trace_(log),
      node_(std::move(node)),
      rules_(kept) {}

task<> simulated_database::pass() {
    return pass_time(&env_, luck_.between(milliseconds(0), weather_.store_delay));
}

/// Makes a commit one that nothing speaks against.
task<> simulated_database::forget_rules(session_change* change) {
    if (rules_.fences && rules_.unique_turns) co_return;
    auto reading = store_.read_session(change->row.id);
    auto stored = co_await std::move(reading);
    if (!stored) co_return;
    if (!rules_.fences) {
        change->expected = session_fence{stored->owner_generation, stored->revision};
        change->row.key = stored->key;
    }
    if (!rules_.unique_turns && change->append && !change->append->turn.empty())
        change->append->turn.text += "~" + std::to_string(stored->revision.value);
}

/// Puts into the state what its log says, as a store does that completes states, so that what a session says
/// of its log is put to the test with every turn. Whether that is whole is looked at when it is committed:
/// who is fenced may know another log.
task<bool> simulated_database::complete(session_change* change) {
    auto part = *std::exchange(change->said, std::nullopt);
    auto before = part.since;
    --before.revision.value;
    auto reading = store_.read_history(change->row.key, before, 1000);
    auto entries = co_await std::move(reading);
    if (!entries) co_return false;
    std::erase_if(*entries, [&](const log_entry& one) { return one.revision > change->expected->revision; });
    if (change->append) entries->push_back(*change->append);
    std::string held;
    for (const auto& entry : *entries) {
        if (entry.messages.size() <= std::string_view("[]").size()) continue;
        held += (held.empty() ? "" : ",") + entry.messages.substr(1, entry.messages.size() - 2);
    }
    held.erase(0, part.skip > 0 ? part.skip - 1 : 0);
    auto& state = change->row.state;
    if (held.size() != part.size || part.begin > state.size()) co_return false;
    state.insert(part.begin, held);
    co_return service::restore_former_state(state).has_value();
}

task<commit_outcome> simulated_database::commit(change_set changes) {
    auto what = changes.session ? "session " + changes.session->row.id.text.substr(20) + " head " +
                                      std::to_string(changes.session->row.head)
                                : std::string("records");
    commit_outcome outcome;
    co_await pass();
    bool lost = luck_.happens(weather_.unknown);
    if (detached_) {
        outcome.error = errc::closed;
    } else if (luck_.happens(weather_.refused)) {
        outcome.error = errc::unavailable;
    } else if (lost && luck_.happens(500)) {
        outcome.error = errc::unknown_outcome;
    } else {
        if (changes.session) co_await forget_rules(&*changes.session);
        bool whole = true;
        if (changes.session && changes.session->said) whole = co_await complete(&*changes.session);
        auto committing = store_.commit(std::move(changes));
        outcome = co_await std::move(committing);
        if (!whole && outcome.committed()) // the session gets on no more, which nobody overlooks
            throw std::logic_error("the log does not hold what a state says it does");
        trace_.add(node_, "commits " + what + (outcome.error ? ": " + outcome.error.message() : ""));
        co_await pass();
        if (lost) outcome.error = errc::unknown_outcome;
        if (detached_) outcome.error = errc::closed;
    }
    if (outcome.error) trace_.add(node_, "is told of " + what + ": " + outcome.error.message());
    co_return outcome;
}

namespace {

template <class T>
result<T> failed(errc why, const result<T>*) {
    return why;
}
error_code failed(errc why, const error_code*) {
    return why;
}

} // namespace

template <class T>
task<T> simulated_database::answer(task<T> work) {
    co_await pass();
    if (detached_) co_return failed(errc::closed, static_cast<T*>(nullptr));
    if (luck_.happens(weather_.refused)) co_return failed(errc::unavailable, static_cast<T*>(nullptr));
    auto found = co_await std::move(work);
    co_await pass();
    if (detached_) co_return failed(errc::closed, static_cast<T*>(nullptr));
    co_return found;
}

task<result<record>> simulated_database::read(record_id id) {
    return answer(store_.read(std::move(id)));
}
task<result<std::vector<record>>> simulated_database::scan(scan_request request) {
    return answer(store_.scan(std::move(request)));
}
task<result<session_row>> simulated_database::read_session(session_id id) {
    return answer(store_.read_session(std::move(id)));
}
task<result<std::vector<log_entry>>> simulated_database::read_log(session_key session, std::uint64_t after,
                                                                  std::size_t max_events,
                                                                  std::size_t max_bytes) {
    return answer(store_.read_log(session, after, max_events, max_bytes));
}
task<result<std::vector<log_entry>>> simulated_database::read_history(session_key session, log_position after,
                                                                      std::size_t limit) {
    return answer(store_.read_history(session, after, limit));
}
task<result<log_entry>> simulated_database::find_turn(session_key session, turn_id turn) {
    return answer(store_.find_turn(session, std::move(turn)));
}
task<result<std::vector<log_entry>>> simulated_database::latest_turns(session_key session,
                                                                      std::size_t limit) {
    return answer(store_.latest_turns(session, limit));
}
task<result<std::vector<record>>> simulated_database::walk_records(std::optional<record_id> after,
                                                                   std::size_t limit) {
    return answer(store_.walk_records(std::move(after), limit));
}
task<result<std::vector<session_row>>> simulated_database::walk_sessions(session_id after,
                                                                         std::size_t limit) {
    return answer(store_.walk_sessions(std::move(after), limit));
}
task<error_code> simulated_database::transplant(transfer what) {
    return answer(store_.transplant(std::move(what)));
}
task<result<purged>> simulated_database::purge(utc_time expired_before, std::size_t limit) {
    return answer(store_.purge(expired_before, limit));
}
task<result<std::uint64_t>> simulated_database::size() {
    return answer(store_.size());
}
task<error_code> simulated_database::compact() {
    return answer(store_.compact());
}
task<error_code> simulated_database::back_up(std::string place) {
    return answer(store_.back_up(std::move(place)));
}
task<result<change_page>> simulated_database::read_changes(std::string after, std::size_t limit) {
    return answer(store_.read_changes(std::move(after), limit));
}

} // namespace rejoinder::tests::simulation
