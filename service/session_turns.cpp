// How a session takes its turns. Its life is in session.cpp, its clients in session_attaching.cpp.

#include "persistence/log.hpp"
#include "service/recorded_step.hpp"
#include "service/session.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using persistence::errc;

namespace {

constexpr std::size_t recent_turns = 16;
constexpr int tries_on_conflict = 3;

rejection refuse(const turn_request& request, std::string code, std::string message) {
    return {request.id,           std::move(code), std::move(message),
            rejection::again::no, std::nullopt,    std::nullopt};
}

rejection try_again(const turn_request& request, std::string message) {
    auto later = refuse(request, "store.unavailable", std::move(message));
    later.retry = rejection::again::yes;
    later.after = milliseconds(1000);
    return later;
}

/// A turn that the database did not take, with nothing written.
rejection not_stored(const turn_request& request, error_code why) {
    if (why == errc::too_large)
        return refuse(request, "turn.too_large", "What the turn leads to is too large to be stored.");
    return try_again(request, "The turn could not be stored; try again.");
}

/// User data is keyed by the first token of a path below /user; nothing for other paths.
std::optional<std::string> user_key(std::string_view path) {
    static constexpr std::string_view prefix = "/user/";
    if (!path.starts_with(prefix)) return std::nullopt;
    path.remove_prefix(prefix.size());
    return std::string(path.substr(0, path.find('/')));
}

} // namespace

task<> session::run_waiting_turns() {
    while (!over_ && !waiting_.empty()) {
        if (auto patience = patience_for_presence(waiting_.front())) {
            bool waits = co_await wait_for_presence(waiting_.front().id, *patience);
            if (waits || over_) co_return;
        }
        auto request = std::move(waiting_.front());
        waiting_.pop_front();
        presence_.disarm();
        co_await run_turn_or_lose_it(std::move(request));
        --queued_turns_;
    }
}

/// How long the turn may wait for its device's report; nothing when it has no reason to.
std::optional<milliseconds> session::patience_for_presence(const turn_request& front) const {
    if (!front.presence || stopping_) return std::nullopt;
    if (!statemachine::has_tag(machine_, ledger_.state().machine, "needs_presence")) return std::nullopt;
    return front.presence->patience;
}

/// Whether the turn in front waits now. One that is recorded already has its answer and waits for nothing.
task<bool> session::wait_for_presence(turn_id front, milliseconds patience) {
    if (presence_.armed()) co_return true;
    bool recorded = std::ranges::find(recent_, front, &turn_record::id) != recent_.end();
    if (!recorded && ledger_.born()) {
        auto stored = co_await ledger_.find_turn(front);
        recorded = stored.has_value();
    }
    if (over_ || recorded) co_return false;
    presence_.arm_after(patience,
                        [this, front] { (void)mailbox_.push(wake_up{wake_up::reason::presence, front}); });
    co_return true;
}

/// Whoever asked hears of it also when the turn breaks the session.
task<> session::run_turn_or_lose_it(turn_request request) {
    auto listener = request.listener;
    auto id = request.id;
    try {
        co_await run_turn(std::move(request));
    } catch (...) {
        listener->lost(id);
        throw;
    }
}

task<> session::run_turn(turn_request request) {
    if (!house_.limits.interlocks.deduplication) co_return co_await step_and_commit(std::move(request));
    auto known = co_await recall(request.id, request.device, request.number);
    auto problem = objection(request);
    // An objection says that the turn had no effect: that must be true of the id, not only of this number.
    if (problem && !known && known.error() == errc::not_found) known = co_await ledger_.find_turn(request.id);
    error_code lost;
    if (problem && !known) lost = co_await look_whether_still_owned();
    if (known)
        answer_known(request, *known);
    else if (known.error() != errc::not_found)
        leave_open(request, known.error());
    else if (lost)
        leave_open(request, lost);
    else if (problem)
        request.listener->rejected(*problem);
    else
        co_await step_and_commit(std::move(request));
}

/// The recorded turn of this id, if the session may have one: from memory, or from the database when the
/// number says that this is no first submission. A first submission costs no read: the database itself
/// refuses an id twice.
task<result<turn_record>> session::recall(turn_id id, device_id device, std::optional<std::uint64_t> number) {
    auto found = std::ranges::find(recent_, id, &turn_record::id);
    if (found != recent_.end()) co_return *found;
    if (!number || *number > ledger_.highest_number(device)) co_return errc::not_found;

    co_return co_await ledger_.find_turn(std::move(id));
}

/// Whether the turn is recorded can't be told now: it is asked for again, of the session that follows this
/// one where the store is broken.
void session::leave_open(const turn_request& request, error_code why) {
    if (why == errc::unavailable) {
        request.listener->rejected(
            try_again(request, "Whether the turn is stored already can't be told now; send it again."));
        return;
    }
    abandon(why);
    request.listener->lost(request.id);
}

void session::answer_known(const turn_request& request, const turn_record& known) {
    if (known.digest == request.digest) {
        request.listener->accepted(known, novelty::duplicate);
        return;
    }
    request.listener->rejected(refuse(request, "turn.payload_differs",
                                      "A turn with this id and another payload is recorded; use a new id."));
}

std::optional<rejection> session::objection(const turn_request& request) const {
    if (ledger_.ended()) return refuse(request, "session.ended", "The session has ended; begin a new one.");
    if (request.number && *request.number <= ledger_.highest_number(request.device))
        return refuse(
            request, "turn.stale",
            "The number is not above the last recorded one of this device; number new turns upwards.");
    if (request.expires && *request.expires <= house_.env.steady_now())
        return refuse(request, "turn.expired", "The turn waited longer than it allowed.");
    if (request.if_revision && *request.if_revision != ledger_.state().revision) {
        auto why = refuse(request, "turn.conflict", "The state has changed; look at it and decide again.");
        why.revision = ledger_.state().revision;
        return why;
    }
    return std::nullopt;
}

task<> session::step_and_commit(turn_request request) {
    if (!ledger_.born()) co_await be_born();
    if (over_) {
        give_back(request);
        co_return;
    }
    happening what{request.id, request.event, request.heard, request.received};
    commit_end ended;
    for (int attempt = 0; attempt <= tries_on_conflict; ++attempt) {
        auto view = co_await read_world();
        if (!view && view.error() != errc::corrupt) {
            auto can_wait = view.error() == errc::unavailable;
            ended = {can_wait ? commit_verdict::keep : commit_verdict::abandon, view.error()};
            break;
        }
        bool steps = view && attempt < tries_on_conflict;
        auto result = steps ? step(ledger_.state(), what, *view)
                            : give_up_turn(what, view ? obstacle::conflict : obstacle::damage);
        auto status = result.status;
        auto answer = request.render ? request.render(result.shown) : result.outcome;
        auto next =
            steps ? draft_step(what, std::move(result), *view) : draft_without_step(std::move(result));
        auto record = next.record_turn(request, std::move(status), answer);
        auto events = next.events;

        bool waits = house_.limits.interlocks.output_gate;
        if (!waits) conclude(request, record, events);
        ended = co_await ledger_.commit(std::move(next));
        if (ended.committed() && waits) conclude(request, std::move(record), events);
        if (ended.committed()) co_return;
        if (ended.verdict != commit_verdict::retry) break;
    }
    co_await explain(std::move(request), ended);
}

turn_result session::give_up_turn(const happening& what, obstacle why) const {
    auto now = house_.env.utc_now();
    auto head = ledger_.row().head;
    if (why == obstacle::damage)
        return fail_turn(ledger_.state(), what, now, head, "data.damaged",
                         "Stored data that the turn depends on is damaged.");
    return fail_turn(ledger_.state(), what, now, head, "conflict",
                     "Other sessions kept changing what the turn depends on.");
}

/// The turn is durable: answer first, then its events.
void session::conclude(const turn_request& request, turn_record record,
                       const std::vector<websocket::protocol::event>& events) {
    log::debug(
        "turn",
        {{"session", id().text}, {"turn", record.id.text}, {"status", record.status}, {"last", record.last}});
    request.listener->accepted(record, novelty::first_time);
    recent_.push_front(std::move(record));
    if (recent_.size() > recent_turns) recent_.pop_back();
    publish(events);
}

/// The turn was not committed: what its client is told depends on whether anything may have been written.
task<> session::explain(turn_request request, commit_end ended) {
    if (ended.verdict == commit_verdict::keep) {
        request.listener->rejected(not_stored(request, ended.error));
        co_return;
    }
    if (ended.verdict == commit_verdict::recorded) {
        auto stored = co_await ledger_.find_turn(request.id);
        if (stored)
            answer_known(request, *stored);
        else
            leave_open(request, stored.error());
        co_return;
    }
    abandon(ended.error);
    give_back(request);
}

/// Everything outside the session that its machine reads, fetched before the step.
task<result<session::world>> session::read_world() {
    world view;
    std::vector<std::string> keys;
    for (const auto& path : machine_.outside_paths()) {
        if (auto key = user_key(path)) keys.push_back(std::move(*key));
    }
    json user = json::object();
    if (!keys.empty()) {
        auto values = co_await users_.load(keys);
        if (!values) co_return values.error();
        for (auto& key : keys)
            view.user_revisions.emplace(std::move(key), revision{});
        for (auto& [key, stored] : *values) {
            view.user_revisions[key] = stored.revision;
            user[key] = std::move(stored.value);
        }
    }
    const auto& row = ledger_.row();
    view.inputs.now = house_.env.utc_now();
    view.inputs.seed = house_.env.random_number();
    view.inputs.outside = {{"user", std::move(user)}, {"device", ledger_.state().device_context}};
    view.inputs.outside["session"] = {
        {"id", row.id.text}, {"account", row.account.text}, {"device", row.device.text}};
    co_return view;
}

/// Makes one step, and tells the operator what the machine has to say or why it could not go on.
turn_result session::step(const session_state& before, const happening& what, const world& view) const {
    auto result = take_turn(machine_, before, what, view.inputs, ledger_.row().head);
    for (const auto& note : result.noted)
        log::info("machine_says",
                  {{"session", id().text}, {"turn", what.turn.text}, {"text", to_text(note)}});
    if (result.status == "failed")
        log::warning("step_failed", {{"session", id().text},
                                     {"turn", what.turn.text},
                                     {"code", result.outcome.value("code", "")},
                                     {"at", result.failed_at}});
    return result;
}

/// A step as a change: what it read of the user's data must still stand when what it wrote is committed. What
/// it was given is recorded with it.
ledger::draft session::draft_step(const happening& what, turn_result result, const world& view) const {
    auto next = ledger_.make_draft();
    for (auto& [key, value] : result.user_data) {
        auto read = view.user_revisions.find(key);
        auto expected = read == view.user_revisions.end() ? std::nullopt : std::optional(read->second);
        next.writes.push_back(value ? users_.remember(key, *value, expected) : users_.forget(key, expected));
    }
    next.take(std::move(result), to_text(record_step(machine_, what, view.inputs)));
    return next;
}

/// What no step has made is recorded without one: made again, a step would come to something else.
ledger::draft session::draft_without_step(turn_result result) const {
    auto next = ledger_.make_draft();
    next.take(std::move(result));
    return next;
}

task<result<ledger::draft>> session::draft_birth() {
    auto view = co_await read_world();
    if (!view) co_return view.error();
    happening birth;
    birth.received = view->inputs.now;
    auto begun = step(ledger_.state(), birth, *view);
    if (begun.status == "failed") co_return machine_failed;
    co_return draft_step(birth, std::move(begun), *view);
}

/// Creates a session that nobody attaches to (a robot's).
task<> session::be_born() {
    auto birth = co_await draft_birth();
    if (!birth) {
        abandon(birth.error());
        co_return;
    }
    auto next = std::move(*birth);
    co_await settle(std::move(next));
}

task<> session::handle_report(device_report report) {
    if (!ledger_.born()) co_await be_born();
    if (over_) co_return;
    happening what{{}, statemachine::event{"device.context", report.data}, "", report.received};
    commit_end ended{commit_verdict::committed, {}};
    for (int attempt = 0; attempt < tries_on_conflict && !ledger_.ended() && !over_; ++attempt) {
        auto view = co_await read_world();
        if (!view) {
            ended = {commit_verdict::keep, view.error()};
            break;
        }
        auto before = ledger_.state();
        before.device_context = report.data;
        view->inputs.outside["device"] = report.data;
        auto result = step(before, what, *view);
        auto next = draft_step(what, std::move(result), *view);
        ended = co_await settle(std::move(next));
        if (ended.verdict != commit_verdict::retry) break;
    }
    if (!ended.committed())
        log::warning("device_report_not_stored", {{"session", id().text}, {"why", ended.error.message()}});
    for (auto& turn : waiting_) {
        if (turn.presence && turn.presence->transaction == report.transaction) turn.presence.reset();
    }
}

} // namespace rejoinder::service
