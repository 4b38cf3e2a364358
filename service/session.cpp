#include "service/session.hpp"

#include "persistence/log.hpp"

#include <utility>

namespace rejoinder::service {

using websocket::close_code;

namespace {

/// Why a session can't be made however often it is tried; nothing when the next try may do better.
std::optional<refusal> hopeless(error_code why) {
    if (why == persistence::errc::corrupt) return refusal::damaged;
    if (why == session::machine_failed || why == persistence::errc::too_large) return refusal::machine_failed;
    return std::nullopt;
}

} // namespace

session::session(const session_house& house, statemachine::definition machine, session_origin origin,
                 session_owner& owner)
    : house_(house),
      machine_(std::move(machine)),
      change_(origin.change ? std::make_unique<version_change>(std::move(*origin.change)) : nullptr),
      ledger_(house.env, house.database, house.limits, std::move(origin), house.lag),
      owner_(owner),
      mailbox_(house.limits.mailbox),
      idle_(house.env),
      presence_(house.env),
      saving_(house.env),
      work_(house.env),
      previews_(house.env) {}

delivery session::post(session_message message) {
    auto sent = mailbox_.push(std::move(message));
    if (sent == delivery::queued) rouse();
    return sent;
}

/// Has the owner let it work, unless it does.
void session::rouse() {
    if (at_work_) return;
    owner_.wanted(*this);
    at_work_ = true;
}

delivery session::attach(attach_request request) {
    return post(std::move(request));
}
delivery session::cancel(cancel_request request) {
    return post(std::move(request));
}
delivery session::report(tool_report report) {
    return post(std::move(report));
}
delivery session::report(device_report report) {
    return post(std::move(report));
}
delivery session::end(end_request request) {
    return post(std::move(request));
}

delivery session::submit(turn_request request) {
    if (queued_turns_ >= house_.limits.queued_turns) return delivery::full;
    auto bytes = request.bytes;
    auto sent = post(std::make_unique<turn_request>(std::move(request)));
    if (sent != delivery::queued) return sent;
    ++queued_turns_;
    queued_bytes_ += bytes;
    return sent;
}

void session::heard_from(attachment& who) {
    if (auto token = who.take_token(); !token.empty()) ledger_.confirm_token(who.device(), token);
    consider_saving();
}

void session::detach(const attachment& who) {
    audience_.remove(who);
    consider_idling();
}

void session::announce_drain(steady_time slot, steady_time deadline) {
    drain_ = drain_notice{slot, deadline};
    for (const auto& who : audience_.all())
        tell_of_drain(*who);
}

void session::renew() {
    // One that finds no room is asked again in the next round.
    (void)post(wake_up{wake_up::reason::renewal, {}});
}

void session::leave_if_idle() {
    // In a mailbox that is full it would be behind somebody who has a wish.
    if (over_ || !is_idle()) return;
    idle_.disarm(); // two wishes to leave would each find the other one waiting, for ever
    (void)post(wake_up{wake_up::reason::idle, {}});
}

std::optional<utc_time> session::next_timer() const {
    return ledger_.next_timer();
}

std::optional<utc_time> session::stored_expiry() const {
    if (!ledger_.born()) return std::nullopt;
    return ledger_.row().expires;
}

void session::stop() {
    stopping_ = true;
    mailbox_.close();
    rouse();
}

task<> session::work() {
    if (!std::exchange(begun_, true)) co_await begin();
    while (auto message = mailbox_.take()) {
        if (!takes_turn(*message)) co_await handle(std::move(*message));
        if (!over_) co_await run_waiting_turns();
        if (!over_) co_await go_on_with_work();
        if (!over_) consider_idling();
        consider_saving();
    }
    if (mailbox_.closed())
        co_await finish();
    else
        at_work_ = false;
}

task<> session::begin() {
    co_await go_over();
    if (!over_) consider_idling();
    if (!over_) co_await resume_stopped_timers();
    if (!over_) co_await go_on_with_work();
}

task<> session::finish() {
    if (!over_) co_await run_waiting_turns();
    if (!over_) {
        co_await save_tokens();
        retire();
    }
    if (replays_) co_await replays_->join();
}

task<> session::break_down() {
    abandon(make_error_code(boost::system::errc::state_not_recoverable));
    while (auto message = mailbox_.take())
        if (!takes_turn(*message)) co_await handle(std::move(*message));
    if (replays_) co_await replays_->join();
}

/// Turns wait in a queue of their own; there are many of them, and none costs a coroutine to get there.
bool session::takes_turn(session_message& message) {
    auto* turn = std::get_if<held_turn>(&message);
    if (!turn) return false;
    if (over_)
        give_back(**turn);
    else
        waiting_.push_back(std::move(*turn));
    return true;
}

/// Every message but a turn.
task<> session::handle(session_message message) {
    if (auto* attach = std::get_if<attach_request>(&message)) {
        if (over_)
            turn_away(*attach->who, make_error_code(boost::system::errc::state_not_recoverable));
        else
            co_await handle_attach_or_hang_up(std::move(*attach));
    } else if (over_) {
        co_return;
    } else if (auto* cancel = std::get_if<cancel_request>(&message)) {
        co_await handle_cancel(std::move(*cancel));
    } else if (auto* ended = std::get_if<tool_report>(&message)) {
        co_await handle_tool_report(std::move(*ended));
    } else if (auto* report = std::get_if<device_report>(&message)) {
        co_await handle_report(std::move(*report));
    } else if (auto* end = std::get_if<end_request>(&message)) {
        co_await handle_end(std::move(*end));
    } else if (auto* wake = std::get_if<wake_up>(&message)) {
        if (wake->why == wake_up::reason::presence && !waiting_.empty() && waiting_.front()->id == wake->turn)
            waiting_.front()->presence.reset();
        if (wake->why == wake_up::reason::confirmation) co_await save_tokens();
        if (wake->why == wake_up::reason::renewal) co_await save_sign_of_life();
        if (wake->why == wake_up::reason::work) {
            co_await end_answered_calls(); // what came in time counts, however late it could be stored
            co_await fail_overdue_work();
            co_await fire_due_timers();
        }
        if (wake->why == wake_up::reason::idle && is_idle()) {
            co_await save_tokens();
            if (is_idle()) retire();
        } else if (wake->why == wake_up::reason::idle && has_nothing_to_do()) {
            (void)post(std::move(*wake)); // behind what has come at the same moment
        }
    }
}

// ---- endings

task<> session::handle_end(end_request request) {
    if (!ledger_.born() || ledger_.ended()) co_return;
    auto next = ledger_.make_draft();
    turn_result ending;
    ending.next = next->state;
    auto number = next->row.head;
    auto say = [&](std::string kind, const turn_id& turn, json data) {
        ending.events.push_back({++number, std::move(kind), turn, next->now, std::move(data)});
    };
    fail_open_turns(next->state.work,
                    [&](const turn_id& turn, json outcome) { say("turn.failed", turn, std::move(outcome)); });
    say("session.ended", {}, {{"reason", "ended by the client"}});
    ending.next.work.tools.clear();
    ending.next.work.calls.clear();
    ending.ended = true;
    next->take(std::move(ending));
    auto ended = co_await settle(std::move(next));
    if (!ended.committed() && !over_)
        request.who->close(close_code::commit_failed, "the session could not be ended; connect again");
}

/// Commits a draft that nobody waits for by name, and publishes it.
task<commit_end> session::settle(held_draft next) {
    auto events = next->take_events();
    auto ended = co_await ledger_.commit(std::move(next));
    if (ended.committed()) publish(std::move(events));
    if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
    co_return ended;
}

/// A confirmation is written with the next commit, or by one of its own when none came before the older token
/// runs out: what is refused from then on is refused after a crash as well.
void session::consider_saving() {
    if (over_ || !ledger_.has_unsaved_tokens()) {
        saving_.disarm();
        return;
    }
    if (saving_.armed()) return;
    saving_.arm_after(house_.limits.retiring_token,
                      [this] { (void)post(wake_up{wake_up::reason::confirmation, {}}); });
}

task<> session::save_tokens() {
    if (!ledger_.born() || !ledger_.has_unsaved_tokens()) co_return;
    auto next = ledger_.make_draft();
    auto ended = co_await settle(std::move(next));
    if (!ended.committed())
        log::warning("tokens_not_saved", {{"session", id().text}, {"why", ended.error.message()}});
}

task<> session::save_sign_of_life() {
    if (!ledger_.born() || ledger_.ended() || audience_.empty()) co_return;
    auto next = ledger_.make_draft();
    auto ended = co_await settle(std::move(next));
    if (!ended.committed())
        log::warning("session_not_renewed", {{"session", id().text}, {"why", ended.error.message()}});
}

bool session::has_nothing_to_do() const {
    bool works = !ledger_.ended() && !ledger_.state().work.empty();
    return audience_.empty() && waiting_.empty() && !works;
}

bool session::is_idle() const {
    return has_nothing_to_do() && mailbox_.empty();
}

void session::consider_idling() {
    if (over_ || !is_idle()) {
        idle_.disarm();
        return;
    }
    if (idle_.armed()) return;
    idle_.arm_after(house_.limits.idle_deactivation,
                    [this] { (void)post(wake_up{wake_up::reason::idle, {}}); });
}

void session::abandon(error_code why) {
    if (over_) return;
    log::warning("session_given_up", {{"session", id().text}, {"why", why.message()}});
    if (!ledger_.born() || change_) stillborn_ = hopeless(why);
    retire();
    auto attached = audience_.all(); // those who are closed leave the audience
    for (const auto& who : attached) {
        if (why == persistence::errc::fenced)
            who->close(close_code::fenced, "another owner has the session");
        else
            who->close(close_code::commit_failed, "a commit failed; connect again and repeat your turn");
    }
}

/// From here on the session takes no message; its owner forgets it before anybody can ask for it again.
void session::retire() {
    if (std::exchange(over_, true)) return;
    idle_.disarm();
    presence_.disarm();
    saving_.disarm();
    work_.disarm();
    previews_.disarm();
    calls_.reset();
    mailbox_.close();
    owner_.over(*this);
    for (auto& turn : std::exchange(waiting_, {}))
        give_back(*turn);
}

/// The session is over and has not taken the turn: it is for the next activation, unless there can be none.
void session::give_back(const turn_request& turn) {
    if (stillborn_)
        turn.listener->rejected({turn.id,
                                 "session." + std::string(to_string(*stillborn_)),
                                 "The session can't begin; the operator must look at it.",
                                 rejection::again::no,
                                 {},
                                 {}});
    else
        turn.listener->lost(turn.id);
}

} // namespace rejoinder::service
