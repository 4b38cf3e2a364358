#include "service/ledger.hpp"

#include "persistence/rules.hpp"
#include "persistence/stores/due_sessions.hpp"
#include "service/recorded_step.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {
namespace {

std::size_t texts_of(const persistence::session_change& change) {
    return persistence::rules::size_of_whole_state(change) + change.row.devices.size();
}

std::optional<utc_time> next_due(const ledger::draft& after) {
    const auto* timer = after.state.machine.next_timer();
    if (!timer || after.row.closed) return std::nullopt;
    return timer->due;
}

/// Whether what is open has changed, but for turns that wait.
bool has_other_work(const open_work& a, const open_work& b) {
    return a.tools.size() != b.tools.size() || a.calls.size() != b.calls.size() ||
           a.calls_begun != b.calls_begun || a.parked.has_value() != b.parked.has_value();
}

/// A session lives at least until its last timer has fired.
utc_time latest_due(const session_state& state) {
    return std::ranges::max(state.machine.timers, {}, &statemachine::timer::due).due;
}

} // namespace

ledger::ledger(environment& env, persistence::database& database, const settings& limits,
               session_origin origin, commit_lag* lag)
    : env_(env),
      database_(database),
      limits_(limits),
      lag_(lag),
      row_(std::move(origin.row)),
      stored_bytes_(row_.state.size() + row_.devices.size()),
      state_(std::move(origin.state)),
      devices_(std::move(origin.devices)),
      retention_(log_retention::restore(row_.metadata)),
      with_birth_(std::move(origin.with_birth)),
      epoch_(make_epoch(database.incarnation(), row_.id.text, row_.resets)),
      generation_(row_.owner_generation + 1) {
    // What they say is in `state_` and `devices_`.
    row_.state = {};
    row_.devices = {};
}

log_extent ledger::extent() const {
    return {epoch_, row_.head, std::max(row_.floor, unreadable_ + 1), row_.log_bytes};
}

std::optional<utc_time> ledger::next_timer() const {
    return persistence::due_in(row_.metadata);
}

void ledger::give_up_log(std::uint64_t unread) noexcept {
    unreadable_ = std::max(unreadable_, unread);
}

std::uint64_t ledger::highest_number(const device_id& device) const {
    auto found = devices_.find(device);
    return found == devices_.end() ? 0 : found->second.highest_number;
}

std::unique_ptr<ledger::draft> ledger::make_draft() const {
    auto next = make_draft_for_result();
    next->state = state_;
    return next;
}

std::unique_ptr<ledger::draft> ledger::make_draft_for_result() const {
    auto made = std::make_unique<draft>();
    auto& next = *made;
    next.now = env_.utc_now();
    next.row = row_;
    next.devices = devices_;
    next.retention = retention_;
    if (!born()) {
        next.row.created = next.now;
        next.writes = with_birth_;
    }
    next.row.last_seen = next.now;
    next.row.expires = next.now + limits_.session_life;
    next.row.owner_node = limits_.node;
    next.row.owner_generation = generation_;
    raise_floor(next.row, next.retention.texts, unreadable_ + 1);
    return made;
}

void ledger::draft::take(turn_result&& result, std::string step) {
    auto first = row.head + 1;
    events = websocket::protocol::encode(result.events);
    auto text = websocket::protocol::store_encoded(events);
    row.head += result.events.size();
    if (!result.events.empty()) row.log_bytes += text.size();
    if (result.ended) row.closed = now;
    state = std::move(result.next);

    entry.emplace();
    entry->first = first;
    entry->last = row.head;
    entry->at = now;
    entry->input = std::move(step);
    entry->events = std::move(text);
    entry->messages = std::move(result.messages);
}

turn_record ledger::draft::record_turn(const turn_identity& who, std::string status, const json& outcome,
                                       std::uint64_t first) {
    auto& line = entry ? *entry : entry.emplace();
    line.turn = who.id;
    line.device = who.device;
    line.number = who.number;
    line.status = std::move(status);
    line.digest = who.digest;
    line.outcome = to_text(outcome);
    raise_number(who);
    auto record = to_turn_record(line);
    if (first != 0) record.first = first;
    return record;
}

void ledger::draft::raise_number(const turn_identity& who) {
    if (who.number == 0) return;
    auto& highest = devices[who.device].highest_number;
    highest = std::max(highest, who.number);
}

/// Who looks for due timers of sessions that nobody has loaded finds this one at its next timer.
void ledger::index_due(persistence::change_set& changes, std::optional<utc_time> before,
                       std::optional<utc_time> after) const {
    if (before == after) return;
    persistence::due_sessions index(database_);
    if (before) changes.writes.push_back(index.forget(row_.id, *before));
    if (after) changes.writes.push_back(index.note(row_.id, *after));
}

/// Where the log holds the messages of the state, if it keeps them for the time being and the state can be
/// stored without them.
std::optional<persistence::said_in_log> ledger::said_of(const draft& next) const {
    // Each entry is a page to be read with the row.
    static constexpr std::uint64_t most_entries = 16;
    auto begin = next.state.talk.logged();
    if (!database_.completes_states() || !born() || !begin || begin->since.last < next.row.floor)
        return std::nullopt;
    if (row_.revision.next().value - begin->since.revision.value > most_entries) return std::nullopt;
    return persistence::said_in_log{begin->since, begin->skip};
}

persistence::change_set ledger::take_changes(draft& next) const {
    // What left no trace needs no line of history: a device's reports would grow the log without end.
    bool memorable =
        next.entry &&
        (!next.entry->turn.empty() || next.entry->last >= next.entry->first || next.entry->messages != "[]" ||
         has_other_work(next.state.work, state_.work) || next.state.machine_text != state_.machine_text);
    if (memorable) next.retention.texts += next.entry->input.size() + next.entry->messages.size();
    next.retention.trim(next.row, limits_.log, next.now, row_.last_seen, row_.head);
    auto due = next_due(next);
    next.row.metadata = persistence::with_due(next.retention.serialise(), due);
    if (due) next.row.expires = std::max(next.row.expires, latest_due(next.state) + limits_.session_life);

    persistence::change_set changes;
    changes.now = next.now;
    changes.writes = std::move(next.writes);
    index_due(changes, next_timer(), due);
    auto& change = changes.session.emplace();
    change.row = next.row;
    change.row.devices = serialise(next.devices);
    if (born()) change.expected = persistence::session_fence{row_.owner_generation, row_.revision};
    if (memorable) {
        next.state.talk.note_logged({next.entry->last, row_.revision.next()}, next.entry->messages);
        change.append = std::move(next.entry);
    }
    if ((change.said = said_of(next))) {
        auto [state, messages] = serialise_without_messages(next.state);
        change.row.state = std::move(state);
        change.said->begin = messages.begin;
        change.said->size = messages.size;
    } else {
        change.row.state = serialise(next.state);
    }
    if (next.row.floor > row_.floor) change.forget_before = next.now - limits_.turn_memory;
    return changes;
}

/// What was drafted is durable.
void ledger::adopt(draft& next, persistence::session_key key) {
    row_ = std::move(next.row);
    row_.key = key;
    row_.revision = row_.revision.next();
    state_ = std::move(next.state);
    devices_ = std::move(next.devices);
    retention_ = std::move(next.retention);
    with_birth_.clear();
    unsaved_tokens_ = false;
}

task<commit_end> ledger::commit(std::unique_ptr<draft> next) {
    auto standing = born() ? session_standing::stored : session_standing::unborn;
    std::size_t writes = 0;
    std::size_t stored_bytes = 0;
    // The change set is the database's alone while it is written: this frame does not hold a second one.
    auto hand_over = [&] {
        auto changes = take_changes(*next);
        writes = changes.writes.size();
        stored_bytes = texts_of(*changes.session);
        committing_ = true;
        return database_.commit(std::move(changes));
    };
    commit_lag::timing timing(lag_, env_.steady_now());
    auto writing = hand_over();
    auto outcome = co_await std::move(writing);
    if (outcome.committed()) {
        timing.done(env_.steady_now());
        stored_bytes_ = stored_bytes;
        adopt(*next, outcome.session);
    }
    drop_draft();
    co_return commit_end{judge(outcome, writes, standing), outcome.error};
}

/// What was confirmed meanwhile is confirmed in what stands now, be it what was drafted or not.
void ledger::drop_draft() {
    committing_ = false;
    for (auto& [device, token] : std::exchange(confirmed_meanwhile_, {}))
        confirm_token(device, token);
}

void ledger::confirm_token(const device_id& device, const std::string& token) {
    if (committing_) {
        confirmed_meanwhile_.emplace_back(device, token);
        return;
    }
    auto found = devices_.find(device);
    if (found == devices_.end()) return;
    auto now = env_.utc_now();
    auto& known = found->second;
    bool heard = known.has_welcome(token);
    if (known.tokens.confirm(token, now, limits_.retiring_token) ||
        (known.observing && known.observing->confirm(token, now, limits_.retiring_token)) || heard)
        unsaved_tokens_ = true;
}

turn_record to_turn_record(const persistence::log_entry& entry) {
    turn_record record{entry.turn, entry.digest, entry.status, entry.outcome, entry.first, entry.last};
    if (auto first = first_event_of_turn(entry.input)) record.first = *first;
    return record;
}

task<result<turn_record>> ledger::find_turn(turn_id id) {
    if (!born()) co_return persistence::errc::not_found;
    auto found = co_await database_.find_turn(row_.key, std::move(id));
    if (!found) co_return found.error();
    co_return to_turn_record(*found);
}

task<result<json>> ledger::latest_turns() {
    static constexpr std::size_t shown = 16;
    auto entries = co_await database_.latest_turns(row_.key, shown);
    if (!entries) co_return entries.error();
    auto turns = json::array();
    for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
        json turn = {{"turn", entry->turn.text}, {"status", entry->status}};
        if (auto outcome = parse_json(entry->outcome, stored_limits))
            turn["outcome"] = std::move(outcome.value);
        turns.push_back(std::move(turn));
    }
    co_return turns;
}

} // namespace rejoinder::service
