#include "service/session.hpp"

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "service/log_failure.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using protocol::welcome_outcome;
using websocket::close_code;

namespace {

void log_task_error(std::exception_ptr error) {
    log_failure("a replay failed", std::move(error));
}

} // namespace

session::session(session_house house, statemachine::definition machine, session_origin origin,
                 std::function<void()> on_over)
    : house_(house),
      machine_(std::move(machine)),
      ledger_(house.env, house.database, house.limits, std::move(origin)),
      users_(house.database, ledger_.row().account, ledger_.row().person),
      on_over_(std::move(on_over)),
      mailbox_(house.env.get_executor(), house.limits.mailbox),
      idle_(house.env),
      presence_(house.env),
      saving_(house.env),
      replays_(house.env.get_executor(), log_task_error) {}

delivery session::attach(attach_request request) {
    return mailbox_.push(std::move(request));
}
delivery session::report(device_report report) {
    return mailbox_.push(std::move(report));
}
delivery session::end(end_request request) {
    return mailbox_.push(std::move(request));
}

delivery session::submit(turn_request request) {
    if (queued_turns_ >= house_.limits.queued_turns) return delivery::full;
    auto sent = mailbox_.push(std::move(request));
    if (sent == delivery::queued) ++queued_turns_;
    return sent;
}

void session::heard_from(attachment& who) {
    if (auto token = who.take_token(); !token.empty()) ledger_.confirm_token(who.device(), token);
    consider_saving();
}

void session::detach(const attachment& who) {
    if (controller_.get() != &who) return;
    controller_.reset();
    consider_idling();
}

void session::announce_drain(steady_time slot, steady_time deadline) {
    drain_ = drain_notice{slot, deadline};
    if (controller_) tell_of_drain(*controller_);
}

void session::tell_of_drain(attachment& who) const {
    if (!drain_) return;
    auto left = [now = house_.env.steady_now()](steady_time until) {
        return std::max(until - now, milliseconds::zero());
    };
    who.drain(left(drain_->slot), left(drain_->deadline));
}

void session::stop() {
    stopping_ = true;
    mailbox_.close();
}

task<> session::run() {
    consider_idling();
    while (auto message = co_await mailbox_.receive()) {
        co_await handle(std::move(*message));
        if (!over_) co_await run_waiting_turns();
        if (!over_) consider_idling();
        consider_saving();
    }
    if (!over_) co_await run_waiting_turns();
    if (!over_) {
        co_await save_tokens();
        retire();
    }
    co_await replays_.join();
}

task<> session::break_down() {
    abandon(make_error_code(boost::system::errc::state_not_recoverable));
    while (auto message = co_await mailbox_.receive())
        co_await handle(std::move(*message));
    co_await replays_.join();
}

task<> session::handle(session_message message) {
    if (auto* attach = std::get_if<attach_request>(&message)) {
        if (over_)
            attach->who->close(close_code::commit_failed, "the session was reloaded; connect again");
        else
            co_await handle_attach(std::move(*attach));
    } else if (auto* turn = std::get_if<turn_request>(&message)) {
        if (over_)
            turn->listener->lost(turn->id);
        else
            waiting_.push_back(std::move(*turn));
    } else if (over_) {
        co_return;
    } else if (auto* report = std::get_if<device_report>(&message)) {
        co_await handle_report(std::move(*report));
    } else if (auto* end = std::get_if<end_request>(&message)) {
        co_await handle_end(std::move(*end));
    } else if (auto* wake = std::get_if<wake_up>(&message)) {
        if (wake->why == wake_up::reason::presence && !waiting_.empty() && waiting_.front().id == wake->turn)
            waiting_.front().presence.reset();
        if (wake->why == wake_up::reason::confirmation) co_await save_tokens();
        if (wake->why == wake_up::reason::idle && !controller_ && waiting_.empty() && mailbox_.empty()) {
            co_await save_tokens();
            if (mailbox_.empty() && !controller_) retire();
        }
    }
}

// ---- attaching

std::optional<refusal> session::admission_problem(const attach_request& request) const {
    const auto& row = ledger_.row();
    const auto& device = request.who->device();
    if (row.account != request.account) return refusal::unknown;
    if (ledger_.born() && row.expires <= house_.env.utc_now()) return refusal::unknown;
    if (!ledger_.devices().contains(device) && ledger_.devices().size() >= max_devices)
        return refusal::devices;
    // A client of another lineage (a restored backup) can't hold a token of this one: its credentials
    // suffice.
    bool same_lineage = !request.position.epoch || *request.position.epoch == ledger_.epoch();
    if (request.resume && same_lineage) {
        auto known = ledger_.devices().find(device);
        if (known == ledger_.devices().end() ||
            known->second.tokens.find(*request.resume, house_.env.utc_now()) == resume_tokens::match::none)
            return refusal::identity;
    }
    return std::nullopt;
}

task<> session::handle_attach(attach_request request) {
    auto who = request.who;
    if (who->over()) co_return;
    if (auto problem = admission_problem(request)) {
        who->refuse(*problem);
        co_return;
    }
    if (takes_over_too_often()) {
        who->overloaded("Too many connections take this session over; wait before the next one.",
                        house_.limits.takeover_window);
        co_return;
    }

    bool created = !ledger_.born();
    ledger::draft next;
    if (created) {
        auto birth = co_await draft_birth();
        if (!birth) {
            if (birth.error() == machine_failed)
                who->refuse(refusal::machine_failed);
            else
                who->close(close_code::commit_failed, "the database does not answer; connect again");
            abandon(birth.error());
            co_return;
        }
        next = std::move(*birth);
    } else {
        next = ledger_.make_draft();
    }
    auto secret = "rt1." + make_secret(house_.env);
    auto& tokens = next.devices[who->device()].tokens;
    if (request.resume) tokens.confirm(*request.resume, next.now, house_.limits.retiring_token);
    tokens.issue(secret);
    ++next.row.attach_generation;
    auto greeting = next.events;

    auto ended = co_await ledger_.commit(std::move(next));
    if (!ended.committed()) {
        who->close(close_code::commit_failed, "the session could not be opened; connect again");
        if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
        co_return;
    }

    resume_decision decision{welcome_outcome::created, "", std::nullopt};
    if (request.reason) decision.reason = to_string(*request.reason);
    json turns;
    if (!created) {
        const auto& limits = house_.limits;
        auto log = ledger_.position();
        log.floor = std::max(log.floor, unreadable_ + 1);
        decision = decide_resume(request.position, log, {limits.replay_events, limits.replay_bytes});
    }
    if (decision.outcome == welcome_outcome::snapshot) {
        auto latest = co_await ledger_.latest_turns();
        if (latest) {
            turns = std::move(*latest);
        } else if (latest.error() == persistence::errc::corrupt) {
            log::error("the latest turns can't be read", {{"session", id().text}});
        } else {
            who->close(close_code::commit_failed, "the database does not answer; connect again");
            co_return;
        }
    }
    if (who->over()) co_return;
    take_over(who);
    welcome(who, decision, std::move(secret), std::move(turns));
    if (created) publish(greeting);
}

/// Answers the hello and puts the attachment where its log begins.
void session::welcome(const std::shared_ptr<attachment>& who, const resume_decision& decision,
                      std::string secret, json turns) {
    const auto& row = ledger_.row();
    const auto& limits = house_.limits;
    protocol::welcome frame;
    frame.outcome = decision.outcome;
    frame.reason = decision.reason;
    frame.session = row.id;
    frame.generation = row.attach_generation;
    frame.epoch = ledger_.epoch();
    frame.head = row.head;
    frame.floor = row.floor;
    frame.from = decision.from;
    frame.resume = std::move(secret);
    frame.last_number = ledger_.highest_number(who->device());
    frame.heartbeat = limits.heartbeat;
    frame.credit = limits.credit;
    frame.limit_message = limits.connection.message;
    frame.limit_outbox = limits.connection.outbox_bytes;
    frame.limit_replay = limits.replay_events;
    frame.durability = persistence::to_string(house_.database.durability());
    frame.expires_in = limits.session_life;
    frame.machine = machine_.id();
    frame.machine_version = machine_.version();
    frame.node = limits.node;
    log::info("attached", {{"session", row.id.text},
                           {"device", who->device().text},
                           {"generation", frame.generation},
                           {"outcome", protocol::to_string(frame.outcome)}});

    bool has_nothing = decision.outcome == welcome_outcome::created;
    who->welcome(frame, has_nothing ? 1 : decision.from.value_or(row.head + 1));
    tell_of_drain(*who);
    if (decision.outcome == welcome_outcome::replayed) {
        replays_.spawn(catch_up(who));
        return;
    }
    if (decision.outcome == welcome_outcome::snapshot) who->send_snapshot(make_snapshot(std::move(turns)));
    who->go_live();
    if (ledger_.ended() && !has_nothing) who->ended("finished");
}

void session::take_over(std::shared_ptr<attachment> by) {
    auto former = std::exchange(controller_, std::move(by));
    idle_.disarm();
    if (!former) return;
    takeovers_.push_back(house_.env.steady_now());
    former->taken_over(ledger_.row().attach_generation, controller_->device());
}

bool session::takes_over_too_often() {
    if (!controller_) return false;
    auto begin = house_.env.steady_now() - house_.limits.takeover_window;
    while (!takeovers_.empty() && takeovers_.front() <= begin)
        takeovers_.pop_front();
    return takeovers_.size() >= house_.limits.takeovers;
}

task<> session::catch_up(std::shared_ptr<attachment> who) {
    // A page fits into what `room` has waited for, so that a replay never fills the outbox by itself.
    const auto& bounds = house_.limits.connection;
    auto page_events = std::clamp<std::size_t>(bounds.outbox_frames / 4, 1, 256);
    while (!who->over() && who->next_event() <= ledger_.row().head) {
        auto before = who->next_event();
        auto page = co_await house_.database.read_log(ledger_.row().key, before - 1, page_events,
                                                      bounds.outbox_bytes / 4);
        if (page) {
            for (const auto& entry : *page) {
                if (auto events = protocol::restore_events(entry.events)) who->replay(*events);
            }
        }
        if (who->over()) co_return;
        if (who->next_event() == before) {
            // The log was trimmed under a reader that was too slow, or can't be read: a new resume says what
            // it gets.
            if (before >= ledger_.row().floor) give_up_log(before, page ? error_code() : page.error());
            who->close(close_code::slow_consumer, "the replay could not go on; connect again");
            co_return;
        }
        co_await who->room(bounds.outbox_bytes / 2, bounds.outbox_frames / 2);
    }
    who->go_live();
    if (ledger_.ended()) who->ended("finished");
}

/// The event should be in the log and could not be read: whoever lacks it gets a snapshot from here on.
void session::give_up_log(std::uint64_t unread, error_code why) {
    unreadable_ = std::max(unreadable_, unread);
    log::error("the log can't be read",
               {{"session", id().text}, {"event", unread}, {"why", why ? why.message() : "it is damaged"}});
}

protocol::snapshot session::make_snapshot(json turns) const {
    const auto& state = ledger_.state();
    protocol::snapshot frame;
    frame.seq = ledger_.row().head;
    frame.machine = machine_.id();
    frame.version = machine_.version();
    frame.value = statemachine::state_path(machine_, state.machine);
    frame.revision = state.revision;
    frame.context = state.machine.context.to_json();
    frame.turns = turns.is_array() ? std::move(turns) : json::array();
    frame.ask = state.question;
    return frame;
}

void session::publish(const std::vector<protocol::event>& events) {
    if (!controller_ || !controller_->live()) return;
    if (events.size() > house_.limits.connection.outbox_frames / 4) {
        controller_->fall_behind();
        replays_.spawn(catch_up(controller_));
        return;
    }
    controller_->publish(events);
    if (ledger_.ended()) controller_->ended("finished");
}

// ---- endings

task<> session::handle_end(end_request request) {
    auto next = ledger_.make_draft();
    if (!ledger_.born() || ledger_.ended()) co_return;
    turn_result ending;
    ending.next = next.state;
    ending.messages = json::array();
    ending.events.push_back(
        {next.row.head + 1, "session.ended", {}, next.now, {{"reason", "ended by the client"}}});
    ending.ended = true;
    next.take(std::move(ending));
    auto ended = co_await settle(std::move(next));
    if (!ended.committed() && !over_)
        request.who->close(close_code::commit_failed, "the session could not be ended; connect again");
}

/// Commits a draft that nobody waits for by name, and publishes it.
task<commit_end> session::settle(ledger::draft next) {
    auto events = next.events;
    auto ended = co_await ledger_.commit(std::move(next));
    if (ended.committed()) publish(events);
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
                      [this] { (void)mailbox_.push(wake_up{wake_up::reason::confirmation, {}}); });
}

task<> session::save_tokens() {
    if (!ledger_.born() || !ledger_.has_unsaved_tokens()) co_return;
    auto next = ledger_.make_draft();
    auto ended = co_await settle(std::move(next));
    if (!ended.committed())
        log::warning("resume tokens were not saved",
                     {{"session", id().text}, {"why", ended.error.message()}});
}

void session::consider_idling() {
    if (over_ || controller_ || !waiting_.empty()) {
        idle_.disarm();
        return;
    }
    if (idle_.armed()) return;
    idle_.arm_after(house_.limits.idle_deactivation,
                    [this] { (void)mailbox_.push(wake_up{wake_up::reason::idle, {}}); });
}

void session::abandon(error_code why) {
    if (over_) return;
    log::warning("session given up", {{"session", id().text}, {"why", why.message()}});
    retire();
    if (!controller_) return;
    if (why == persistence::errc::fenced)
        controller_->close(close_code::fenced, "another owner has the session");
    else
        controller_->close(close_code::commit_failed, "a commit failed; connect again and repeat your turn");
}

/// From here on the session takes no message; the registry forgets it before anybody can ask for it again.
void session::retire() {
    if (std::exchange(over_, true)) return;
    idle_.disarm();
    presence_.disarm();
    saving_.disarm();
    mailbox_.close();
    on_over_();
    for (auto& turn : std::exchange(waiting_, {}))
        turn.listener->lost(turn.id);
}

} // namespace rejoinder::service
