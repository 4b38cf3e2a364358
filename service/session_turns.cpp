// How turns arrive: repetitions, objections, turns that meet others. Waiting turns are session_work.cpp's,
// the step itself is session_steps.cpp's; the session's life is in session.cpp, its clients in
// session_attaching.cpp.

#include "persistence/log.hpp"
#include "service/session.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using persistence::errc;

namespace {

rejection refuse(const turn_request& request, std::string code, std::string message) {
    return {request.id,           std::move(code), std::move(message),
            rejection::again::no, std::nullopt,    std::nullopt};
}

rejection session_ended(const turn_request& request) {
    return refuse(request, "session.ended", "The session has ended; begin a new one.");
}

rejection come_later(const turn_request& request, std::string code, std::string message) {
    auto later = refuse(request, std::move(code), std::move(message));
    later.retry = rejection::again::yes;
    later.after = milliseconds(1000);
    return later;
}

rejection try_again(const turn_request& request, std::string message) {
    return come_later(request, "store.unavailable", std::move(message));
}

/// A turn that the database did not take, with nothing written.
rejection not_stored(const turn_request& request, error_code why) {
    if (why == errc::too_large)
        return refuse(request, "turn.too_large", "What the turn leads to is too large to be stored.");
    return try_again(request, "The turn could not be stored; try again.");
}

} // namespace

rejection session::queue_full(const turn_request& request) {
    return come_later(request, "turn.queue_full", "As many turns wait as may wait; try again later.");
}

task<> session::run_waiting_turns() {
    while (!over_ && !waiting_.empty()) {
        if (auto patience = patience_for_presence(*waiting_.front())) {
            bool waits = co_await wait_for_presence(waiting_.front()->id, *patience);
            if (waits || over_) co_return;
        }
        auto request = std::move(waiting_.front());
        waiting_.pop_front();
        presence_.disarm();
        auto bytes = request->bytes;
        co_await run_turn_or_lose_it(std::move(request));
        --queued_turns_;
        queued_bytes_ -= bytes;
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
    bool recorded = recent_.find(front) != nullptr;
    if (!recorded && ledger_.born()) {
        auto stored = co_await ledger_.find_turn(front);
        recorded = stored.has_value();
    }
    if (over_ || recorded) co_return false;
    presence_.arm_after(patience, [this, front] { (void)post(wake_up{wake_up::reason::presence, front}); });
    co_return true;
}

/// Whoever asked hears of it also when the turn breaks the session.
task<> session::run_turn_or_lose_it(held_turn request) {
    auto listener = request->listener;
    auto id = request->id;
    try {
        co_await run_turn(std::move(request));
    } catch (...) {
        listener->lost(id);
        throw;
    }
}

task<> session::run_turn(held_turn request) {
    if (!house_.limits.interlocks.deduplication) co_return co_await begin_or_wait(std::move(request));
    auto known = co_await recall(request->id, request->device, request->number);
    auto problem = objection(*request);
    // An objection says that the turn had no effect: that must be true of the id, not only of this number.
    if (problem && !known && known.error() == errc::not_found)
        known = co_await ledger_.find_turn(request->id);
    error_code lost;
    if (problem && !known) lost = co_await look_whether_still_owned();
    if (known)
        answer_known(*request, *known);
    else if (known.error() != errc::not_found)
        leave_open(*request, known.error());
    else if (lost)
        leave_open(*request, lost);
    else if (problem)
        request->listener->rejected(*problem);
    else
        co_await begin_or_wait(std::move(request));
}

/// The recorded turn of this id, if the session may have one: from memory, or from the database when the
/// number says that this is no first submission. A first submission costs no read: the database itself
/// refuses an id twice.
task<result<turn_record>> session::recall(turn_id id, device_id device, std::optional<std::uint64_t> number) {
    if (const auto* found = recent_.find(id)) co_return *found;
    if (auto open = recall_open(id)) co_return std::move(*open);
    if (!number || *number > ledger_.highest_number(device)) co_return errc::not_found;

    co_return co_await ledger_.find_turn(std::move(id));
}

bool session::recalls(const turn_id& turn) const {
    return recent_.find(turn) || recall_open(turn).has_value();
}

/// The turn of this id that was accepted and has not come to an end, unless the session's end was its own.
std::optional<turn_record> session::recall_open(const turn_id& id) const {
    const auto& work = ledger_.state().work;
    const turn_identity* who = nullptr;
    turn_record record;
    if (work.parked && work.parked->who.id == id) {
        who = &work.parked->who;
        record.status = "parked";
    } else if (const auto* queued = work.find_queued(id)) {
        who = &queued->who;
        record.status = "queued";
        record.ahead = work.turns_before(id);
    }
    if (!who) return std::nullopt;
    record.id = who->id;
    record.digest = who->digest;
    if (ledger_.ended()) {
        record.status = "failed";
        record.outcome = to_text(outcome_of_ended_session());
    }
    return record;
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
    if (ledger_.ended()) return session_ended(request);
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

/// A turn that meets another one which has not ended waits, or one of the two gives way.
task<> session::begin_or_wait(held_turn request) {
    using policy = statemachine::overlap::policy;
    if (!ledger_.born()) co_await be_born();
    if (over_) co_return give_back(*request);
    if (ledger_.ended()) co_return request->listener->rejected(session_ended(*request));

    auto declared = statemachine::overlap_of(machine_, ledger_.state().machine);
    auto wanted = request->policy.value_or(declared);
    if (!statemachine::is_as_strict(wanted, declared)) {
        request->listener->rejected(
            refuse(*request, "turn.policy_not_allowed",
                   "In this state a turn may not take so much from the turns that it meets."));
        co_return;
    }
    const auto& work = ledger_.state().work;
    bool meets = work.parked || !work.queue.empty();
    if (!request->number) wanted.what = policy::reject; // a robot's, which can't be told to wait
    bool waits = wanted.what == policy::debounce ||
                 (meets && (wanted.what == policy::queue || wanted.what == policy::merge));
    if (waits) co_return co_await enqueue(std::move(request), wanted);
    if (meets && wanted.what == policy::reject) {
        request->listener->rejected(
            come_later(*request, "turn.busy", "Another turn has not ended; try again later."));
        co_return;
    }
    if (wanted.what == policy::replace && work.parked) {
        if (work.queue.size() >= house_.limits.queued_turns) {
            request->listener->rejected(queue_full(*request));
            co_return;
        }
        auto cancelled = co_await cancel_parked();
        if (!cancelled.committed()) co_return co_await explain(std::move(request), cancelled);
        if (ledger_.ended()) co_return request->listener->rejected(session_ended(*request));
    }
    if (!ledger_.state().work.queue.empty()) co_return co_await enqueue(std::move(request), wanted);
    co_await begin_at_once(std::move(request));
}

task<> session::begin_at_once(held_turn request) {
    auto now = std::make_unique<taking>();
    now->what.turn = request->id;
    now->what.event = std::move(request->event);
    now->what.heard = std::move(request->heard);
    now->what.received = request->received;
    now->who = identity_of(*request);
    now->listener = request->listener;
    now->render = std::move(request->render);
    auto ended = co_await take(std::move(now));
    if (!ended.committed()) co_await explain(std::move(request), ended);
}

/// The turn was not committed: what its client is told depends on whether anything may have been written.
task<> session::explain(held_turn request, commit_end ended) {
    if (ended.verdict == commit_verdict::keep) {
        request->listener->rejected(not_stored(*request, ended.error));
        co_return;
    }
    if (ended.verdict == commit_verdict::recorded) {
        auto stored = co_await ledger_.find_turn(request->id);
        if (stored)
            answer_known(*request, *stored);
        else
            leave_open(*request, stored.error());
        co_return;
    }
    give_back(*request);
}

} // namespace rejoinder::service
