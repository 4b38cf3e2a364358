// Turns and tools that have not come to an end: turns that wait, work of the device, what is cancelled. How a
// turn arrives is in session_turns.cpp.

#include "persistence/log.hpp"
#include "service/session.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using statemachine::overlap;

namespace {

/// After a database that did not answer, what is due is tried again.
constexpr milliseconds try_again_after(1000);

/// So often open work is looked at, whatever its deadlines say: the clock may have been set.
constexpr milliseconds longest_wait(60000);

/// The longest text that turns are joined to, as long as one turn's may be.
constexpr std::size_t longest_text = 65536;

std::string* text_of(queued_turn& turn) {
    if (turn.event.type != "turn.text") return nullptr;
    auto text = turn.event.data.find("text");
    return text == turn.event.data.end() ? nullptr : text->get_ptr<std::string*>();
}

/// The turn behind says what both say. False, with nothing changed, when the two can't be one.
bool join(queued_turn& former, queued_turn& behind) {
    bool of_one_kind = former.joins() && behind.joins() && former.who.device == behind.who.device;
    bool conditional = former.if_revision || former.expires || behind.if_revision || behind.expires;
    if (!of_one_kind || conditional) return false;
    const auto* begin = text_of(former);
    auto* end = text_of(behind);
    if (!begin || !end || begin->size() + 1 + end->size() > longest_text) return false;
    *end = *begin + '\n' + *end;
    behind.heard = *end;
    behind.received = former.received;
    return true;
}

queued_turn make_queued(const turn_request& request, overlap policy, utc_time now, steady_time steady_now) {
    queued_turn turn;
    turn.who = identity_of(request);
    turn.event = request.event;
    turn.heard = request.heard;
    turn.received = request.received;
    turn.if_revision = request.if_revision;
    if (request.expires) turn.expires = now + (*request.expires - steady_now);
    turn.policy = policy.what;
    if (policy.what == overlap::policy::debounce) turn.not_before = now + policy.quiet;
    return turn;
}

bool has_room_for(const open_work& work, const queued_turn& turn) {
    open_work all = work;
    all.queue.push_back(turn);
    return to_text(to_json(all)).size() <= max_queued_bytes;
}

/// Whether a turn that is debounced waits for silence. One that would wait longer than any does since the
/// clock was set back.
bool must_wait(const queued_turn& front, utc_time now) {
    return front.not_before && *front.not_before > now && *front.not_before - now <= overlap::longest_quiet;
}

} // namespace

/// Accepts the turn without beginning it. One that says more than its device's former one, which waits as
/// well, takes that one's words over and its place.
task<> session::enqueue(held_turn request, overlap policy) {
    // The log names a turn when it has ended, so the commit that accepts this one can't find it there.
    auto known = co_await ledger_.find_turn(request->id);
    if (known) co_return answer_known(*request, *known);
    if (known.error() != persistence::errc::not_found) co_return leave_open(*request, known.error());

    auto next = ledger_.make_draft();
    auto& queue = next->state.work.queue;
    auto turn = make_queued(*request, policy, next->now, house_.env.steady_now());
    std::optional<queued_turn> joined;
    if (!queue.empty() && join(queue.back(), turn)) {
        joined = std::move(queue.back());
        queue.pop_back();
    }
    if (queue.size() >= house_.limits.queued_turns || !has_room_for(next->state.work, turn)) {
        request->listener->rejected(queue_full(*request));
        co_return;
    }
    queue.push_back(std::move(turn));
    next->raise_number(identity_of(*request));
    std::optional<turn_record> ended_here;
    if (joined) {
        turn_result part;
        part.outcome = {{"merged_into", request->id.text}};
        part.events.push_back({next->row.head + 1, "turn.done", joined->who.id, next->now, part.outcome});
        part.next = next->state;
        auto outcome = part.outcome;
        next->take(std::move(part));
        ended_here = next->record_turn(joined->who, "done", outcome);
    }
    auto events = next->take_events();
    auto ended = co_await ledger_.commit(std::move(next));
    if (!ended.committed()) {
        if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
        co_return co_await explain(std::move(request), ended);
    }
    if (auto accepted = recall_open(request->id)) request->listener->accepted(*accepted, novelty::first_time);
    if (ended_here) recent_.remember(std::move(*ended_here));
    publish(std::move(events));
}

/// Begins the turns that waited, as long as nothing holds them, and sees to it that what has to wait is
/// looked at again.
task<> session::go_on_with_work() {
    follow_calls();
    co_await end_answered_calls();
    while (!over_ && !ledger_.ended() && rest_from_work() == milliseconds(0)) {
        const auto& work = ledger_.state().work;
        if (work.parked || work.queue.empty() || must_wait(work.queue.front(), house_.env.utc_now())) break;
        rest_unless(co_await begin_queued(work.queue.front()));
    }
    follow_calls();
    watch_work();
}

/// After a database that took nothing, what is due is tried again a while later.
void session::rest_unless(commit_end ended) {
    if (!ended.committed()) work_rests_until_ = house_.env.steady_now() + try_again_after;
}

milliseconds session::rest_from_work() const {
    auto now = house_.env.steady_now();
    return std::max(milliseconds(0), work_rests_until_.value_or(now) - now);
}

/// The turn was accepted, so it has an outcome also when there is nothing to be begun any more.
task<commit_end> session::begin_queued(queued_turn turn) {
    auto now = house_.env.utc_now();
    happening beginning;
    beginning.turn = turn.who.id;
    if (turn.expires && *turn.expires <= now)
        co_return co_await end_without_step(std::move(beginning), std::move(turn.who), "failed",
                                            "turn.expired", "The turn waited longer than it allowed.");
    if (turn.if_revision && *turn.if_revision != ledger_.state().revision)
        co_return co_await end_without_step(std::move(beginning), std::move(turn.who), "failed",
                                            "turn.conflict",
                                            "The state has changed; look at it and decide again.");
    beginning.event = std::move(turn.event);
    beginning.heard = std::move(turn.heard);
    beginning.received = now; // its time begins here
    co_return co_await take_for_good(std::move(beginning), std::move(turn.who), origin::queue);
}

/// Takes what was accepted before. What is too large to be stored ends its turn.
task<commit_end> session::take_for_good(happening what, turn_identity who, origin from) {
    auto now = std::make_unique<taking>();
    now->what = what;
    now->who = who;
    now->from = from;
    auto ended = co_await take(std::move(now));
    if (ended.verdict != commit_verdict::keep || ended.error == persistence::errc::unavailable)
        co_return ended;
    co_return co_await end_without_step(std::move(what), std::move(who), "failed", "turn.too_large",
                                        "What the turn leads to is too large to be stored.");
}

/// Ends a turn, or a tool without one, whatever the machine would say.
task<commit_end> session::end_without_step(happening what, turn_identity who, std::string status,
                                           std::string code, std::string message) {
    auto result = fail_turn(machine_, ledger_.state(), what, house_.env.utc_now(), ledger_.row().head,
                            std::move(code), std::move(message));
    std::erase_if(result.next.work.queue, [&](const queued_turn& q) { return q.who.id == who.id; });
    auto outcome = result.outcome;
    auto next = draft_without_step(std::move(result), first_event_of(who.id));
    auto record = record_turn(*next, who, std::move(status), outcome);
    auto events = next->take_events();
    auto ended = co_await ledger_.commit(std::move(next));
    if (ended.committed()) conclude(nullptr, std::move(record), std::move(events));
    if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
    follow_calls();
    co_return ended;
}

/// The end of a tool or a call that has had its time; nothing when there is none.
std::optional<happening> session::next_overdue(utc_time now) const {
    auto is_overdue = [now](const auto& one) { return one.deadline <= now; };
    const auto& work = ledger_.state().work;
    if (auto tool = std::ranges::find_if(work.tools, is_overdue); tool != work.tools.end())
        return tool_failed(*tool, "timeout", nullptr, now);
    if (auto call = std::ranges::find_if(work.calls, is_overdue); call != work.calls.end())
        return call_ended(*call, failed_call("timeout", "The actor did not answer in time."), now);
    return std::nullopt;
}

/// What was not done in time has failed. What can't be ended now is tried again.
task<> session::fail_overdue_work() {
    while (!over_ && ledger_.born() && !ledger_.ended() && rest_from_work() == milliseconds(0)) {
        auto end = next_overdue(house_.env.utc_now());
        if (!end) co_return;
        auto ended = co_await end_work(std::move(*end));
        rest_unless(ended);
        if (!ended.committed())
            log::warning("work_not_ended", {{"session", id().text}, {"why", ended.error.message()}});
    }
}

/// Each firing is a commit of its own. A machine whose timers start each other without a pause lets others
/// have their say in between.
task<> session::fire_due_timers() {
    constexpr int at_a_time = 16;
    for (int fired = 0; fired < at_a_time; ++fired) {
        if (over_ || !ledger_.born() || ledger_.ended() || rest_from_work() > milliseconds(0)) co_return;
        auto now = house_.env.utc_now();
        const auto* next = ledger_.state().machine.next_timer();
        if (!next || next->due > now) co_return;
        auto ended = co_await take_for_good(timer_firing(next->id, now), {}, origin::arrival);
        rest_unless(ended);
        if (!ended.committed())
            log::warning("timer_not_fired", {{"session", id().text}, {"why", ended.error.message()}});
    }
}

/// Since when nobody has run the session; `now` where nobody was away. On this server time counts since it
/// has begun: what the session itself slept is no pause.
utc_time session::stopped_before(utc_time now) const {
    const auto& row = ledger_.row();
    auto again = row.owner_node == house_.limits.node ? house_.begun : now;
    return now - std::max(again - row.last_seen, milliseconds(0));
}

/// Timers that do not count the time in which nobody ran the session hear of it when it is loaded. Without
/// that nothing else may happen: the next commit hides how long it was.
task<> session::resume_stopped_timers() {
    if (!ledger_.born() || ledger_.ended()) co_return;
    bool minds = std::ranges::any_of(ledger_.state().machine.timers, [](const statemachine::timer& one) {
        return one.policy != statemachine::timer_policy::deadline;
    });
    auto now = house_.env.utc_now();
    auto stopped = stopped_before(now);
    if (!minds || stopped == now) co_return;
    auto ended = co_await take_for_good(resumption(stopped), {}, origin::arrival);
    if (!ended.committed()) abandon(ended.error);
}

/// What actors have answered is taken, each answer in a commit of its own.
task<> session::end_answered_calls() {
    while (!over_ && !ledger_.ended() && rest_from_work() == milliseconds(0)) {
        const auto* name = calls_ ? calls_->first_ended() : nullptr;
        const auto* how = name ? calls_->outcome_of(*name) : nullptr;
        const auto* call = how ? ledger_.state().work.find_call(*name) : nullptr;
        if (!call) co_return;
        rest_unless(co_await end_work(call_ended(*call, *how, house_.env.utc_now())));
        follow_calls();
    }
}

/// Calls are made once what wants them is durable, and dropped once nothing durable wants them.
void session::follow_calls() {
    static const std::vector<open_call> none;
    bool works = !over_ && ledger_.born() && !ledger_.ended();
    const auto& open = works ? ledger_.state().work.calls : none;
    if (!calls_ && open.empty()) return;
    if (!calls_)
        calls_ = std::make_unique<running_calls>(
            house_.answers, id().text + '/' + ledger_.epoch(), ledger_.generation(),
            [this] { (void)post(wake_up{wake_up::reason::work, {}}); }, [this] { show_previews_soon(); });
    calls_->follow(open, house_.env.utc_now());
}

/// An answer has grown, or somebody has come who has not seen it: whoever is live does, at most twenty times
/// a second.
void session::show_previews_soon() {
    constexpr milliseconds distance(50);
    if (previews_.armed() || over_ || !calls_ || calls_->previews().empty()) return;
    previews_.arm_after(distance, [this] { show_previews(); });
}

void session::show_previews() {
    for (const auto& one : calls_->previews())
        for (const auto& who : audience_.all())
            if (who->live()) who->preview(one.turn, one.attempt, one.text);
}

task<commit_end> session::end_work(happening how) {
    turn_identity who;
    const auto& parked = ledger_.state().work.parked;
    if (parked && parked->who.id == how.turn) who = parked->who;
    co_return co_await take_for_good(std::move(how), std::move(who), origin::arrival);
}

task<commit_end> session::cancel_parked() {
    turn_identity who;
    if (const auto& parked = ledger_.state().work.parked) who = parked->who;
    auto what = cancellation(who.id, house_.env.utc_now());
    co_return co_await take_for_good(std::move(what), std::move(who), origin::arrival);
}

/// Looks at open work again when its time has come. The clock may be set meanwhile, so what is due is decided
/// then.
void session::watch_work() {
    const auto& work = ledger_.state().work;
    const auto* timer = ledger_.state().machine.next_timer();
    bool waits = timer || !work.empty();
    if (over_ || ledger_.ended() || !waits) return work_.disarm();
    auto now = house_.env.utc_now();
    auto wait = longest_wait;
    // Other servers wait for their lease before they take over what is due, even where the clock was set.
    if (timer) wait = std::min({wait, timer->due - now, house_.limits.lease / 2});
    if (calls_ && calls_->first_ended()) wait = milliseconds(0);
    if (auto deadline = work.next_deadline()) wait = std::min(wait, *deadline - now);
    if (!work.parked && !work.queue.empty())
        wait = std::min(wait, work.queue.front().not_before.value_or(now) - now);
    wait = std::max({wait, rest_from_work(), milliseconds(1)});
    work_.arm_after(wait, [this] { (void)post(wake_up{wake_up::reason::work, {}}); });
}

// ---- what clients ask for

task<> session::handle_cancel(cancel_request request) {
    const auto& work = ledger_.state().work;
    bool open = !ledger_.ended();
    commit_end ended;
    if (open && work.parked && work.parked->who.id == request.turn) {
        ended = co_await cancel_parked();
    } else if (const auto* queued = open ? work.find_queued(request.turn) : nullptr) {
        happening end;
        end.turn = request.turn;
        ended = co_await end_without_step(std::move(end), queued->who, "cancelled", "cancelled",
                                          "The turn was cancelled.");
    } else {
        co_return co_await answer_late_cancel(std::move(request));
    }
    if (!ended.committed()) put_off(*request.who, request.turn.text, ended);
}

/// The turn has its outcome already, or was never heard of: the client is told which.
task<> session::answer_late_cancel(cancel_request request) {
    if (const auto* found = recent_.find(request.turn)) co_return request.who->tell(*found);
    if (auto open = recall_open(request.turn)) co_return request.who->tell(*open);
    auto stored = co_await ledger_.find_turn(request.turn);
    if (stored) co_return request.who->tell(*stored);
    auto lost = stored.error();
    if (lost == persistence::errc::not_found) lost = co_await look_whether_still_owned();
    if (lost) co_return put_off(*request.who, request.turn.text, not_taken(lost));
    request.who->tell(
        {"turn.unknown", "The session knows no turn of this id.", false, {}, request.turn.text});
}

task<> session::handle_tool_report(tool_report report) {
    const auto* tool = ledger_.ended() ? nullptr : ledger_.state().work.find_tool(report.call);
    // After a restored backup another tool may have the number of the one that was meant.
    if (tool && report.turn && *report.turn != tool->turn) tool = nullptr;
    if (tool) {
        auto how = report.how == tool_report::end::done
                       ? tool_done(*tool, std::move(report.data), report.received)
                       : tool_failed(*tool, "failed", std::move(report.data), report.received);
        auto ended = co_await end_work(std::move(how));
        if (!ended.committed()) put_off(*report.who, report.call, ended);
        co_return;
    }
    auto lost = ledger_.ended() ? error_code() : co_await look_whether_still_owned();
    if (lost) co_return put_off(*report.who, report.call, not_taken(lost));
    report.who->tell({"tool.not_open", "No tool of this call is open (any more).", false, {}, report.call});
}

/// What the client asked for had no effect; where the session is over, its socket is closed already.
void session::put_off(attachment& who, const std::string& ref, commit_end ended) const {
    if (ended.verdict == commit_verdict::abandon) return;
    if (ended.error == persistence::errc::too_large)
        who.tell({"tool.too_large", "What this leads to is too large to be stored.", false, {}, ref});
    else
        who.tell({"store.unavailable", "This could not be stored; try again.", true, try_again_after, ref});
}

} // namespace rejoinder::service
