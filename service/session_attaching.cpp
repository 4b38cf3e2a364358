// How a session takes its clients: admission, welcome, replay, publishing. Its life is in session.cpp, its
// turns in session_turns.cpp.

#include "persistence/hash.hpp"
#include "persistence/log.hpp"
#include "persistence/log_failure.hpp"
#include "service/session.hpp"
#include "service/session_claim.hpp"
#include "websocket/protocol/codec.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rejoinder::service {

namespace protocol = websocket::protocol;
using persistence::errc;
using protocol::welcome_outcome;
using websocket::close_code;

namespace {

constexpr std::string_view database_silent = "The database does not answer now; connect again.";
constexpr milliseconds come_back_after(1000);
constexpr milliseconds wait_for_observers(5000);

} // namespace

/// Whoever asked hears of it also when the request breaks the session.
task<> session::handle_attach_or_hang_up(attach_request request) {
    auto who = request.who;
    try {
        co_await handle_attach(std::move(request));
    } catch (...) {
        turn_away(*who, make_error_code(boost::system::errc::state_not_recoverable));
        throw;
    }
}

task<> session::handle_attach(attach_request request) {
    const auto& who = request.who;
    if (who->over()) co_return;
    auto problem =
        problem_of(request, ledger_.row(), &ledger_.devices(), ledger_.epoch(), house_.env.utc_now());
    if (problem || is_kept_out(request)) {
        auto lost = co_await look_whether_still_owned();
        if (lost && lost != errc::unavailable) abandon(lost);
        if (lost)
            turn_away(*who, lost);
        else if (problem)
            who->refuse(*problem);
        else
            who->kept_out();
        co_return;
    }
    if (!audience_.has_room_for(*who)) {
        who->overloaded("As many clients watch this session as may.", wait_for_observers);
        co_return;
    }
    if (takes_over_too_often(*who)) {
        who->overloaded("Too many connections take this session over; wait before the next one.",
                        house_.limits.takeover_window);
        co_return;
    }
    auto next = ledger_.make_draft();
    if (!ledger_.born()) {
        auto birth = co_await draft_birth();
        if (!birth) {
            abandon(birth.error());
            turn_away(*who, birth.error());
            co_return;
        }
        next = std::move(*birth);
    }
    auto secret = "rt1." + make_secret(house_.env);
    auto& device = next->devices[who->device()];
    auto& tokens = device.tokens_for(who->mode());
    if (request.resume) {
        tokens.confirm(*request.resume, next->now, house_.limits.retiring_token);
        device.has_welcome(*request.resume);
    }
    tokens.issue(secret);
    device.note_welcome(secret);
    ++next->row.attach_generation;
    auto greeting = next->take_events();
    auto standing = ledger_.born() ? session_standing::stored : session_standing::unborn;

    auto ended = co_await ledger_.commit(std::move(next));
    if (!ended.committed()) {
        if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
        turn_away(*who, ended.error);
    } else if (standing == session_standing::stored) {
        co_await welcome_back(std::move(request), std::move(secret));
    } else if (!who->over()) {
        admit(who);
        std::string reason(request.reason ? to_string(*request.reason) : "");
        welcome(who, {welcome_outcome::created, std::move(reason), std::nullopt}, std::move(secret), {});
        publish(std::move(greeting));
    }
}

/// What this activation holds is what is stored: empty. Where several servers share a store another one may
/// have the session by now, which only a commit or this look tells: nothing is refused for what is not so any
/// more.
task<error_code> session::look_whether_still_owned() const {
    if (!ledger_.born()) co_return error_code();
    auto stored = co_await house_.database.read_session(id());
    if (!stored) co_return stored.error();
    if (stored->revision != ledger_.row().revision) co_return errc::fenced;
    co_return error_code();
}

/// The client gets no session now, or never when there can be none.
void session::turn_away(attachment& who, error_code why) {
    if (stillborn_)
        who.refuse(*stillborn_);
    else if (why == errc::unavailable)
        who.overloaded(database_silent, come_back_after);
    else
        who.close(close_code::commit_failed, "the session could not be opened; connect again");
}

/// Decides what the client gets of what it missed, and tells it.
task<> session::welcome_back(attach_request request, std::string secret) {
    const auto& who = request.who;
    auto decision = decide_resume(request.position, ledger_.extent(),
                                  {house_.limits.replay_events, house_.limits.replay_bytes});
    auto turns = json::array();
    if (decision.outcome == welcome_outcome::snapshot) {
        auto latest = co_await ledger_.latest_turns();
        if (latest) {
            turns = std::move(*latest);
        } else if (latest.error() == errc::corrupt) {
            log::error("latest_turns_unreadable", {{"session", id().text}});
        } else {
            turn_away(*who, latest.error());
            co_return;
        }
    }
    if (who->over()) co_return;
    admit(who);
    welcome(who, decision, std::move(secret), std::move(turns));
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
    frame.floor = ledger_.extent().floor;
    frame.from = decision.from;
    frame.resume = std::move(secret);
    frame.last_number = ledger_.highest_number(who->device());
    frame.running = running_turn();
    frame.heartbeat = who->granted().heartbeat;
    frame.credit = who->granted().credit;
    frame.limit_message = limits.connection.message;
    frame.limit_outbox = limits.connection.outbox_bytes;
    frame.limit_replay = limits.replay_events;
    frame.durability = persistence::to_string(house_.database.durability());
    frame.expires_in = limits.session_life;
    frame.machine = machine_.id();
    frame.machine_version = machine_.version();
    if (auto device = ledger_.devices().find(who->device()); device != ledger_.devices().end())
        if (const auto& news = device->second.unheard) frame.migrated_from = news->from;
    frame.node = limits.node;
    log::info("attached", {{"session", row.id.text},
                           {"device", who->device().text},
                           {"generation", frame.generation},
                           {"outcome", protocol::to_string(frame.outcome)}});

    bool has_nothing = decision.outcome == welcome_outcome::created;
    who->welcome(frame, has_nothing ? 1 : decision.from.value_or(row.head + 1));
    tell_of_drain(*who);
    if (decision.outcome == welcome_outcome::replayed) {
        begin_replay(who);
        return;
    }
    if (decision.outcome == welcome_outcome::snapshot && !show_state(*who, std::move(turns))) return;
    who->go_live();
    show_previews_soon();
    if (ledger_.ended() && !has_nothing) who->ended("finished");
}

/// The turn that has not ended and everybody waits for.
std::optional<protocol::welcome::open_turn> session::running_turn() const {
    const auto& work = ledger_.state().work;
    if (ledger_.ended()) return std::nullopt;
    if (work.parked) return protocol::welcome::open_turn{work.parked->who.id, "parked"};
    if (work.queue.empty()) return std::nullopt;
    return protocol::welcome::open_turn{work.queue.front().who.id, "queued"};
}

/// Sends the snapshot, without the latest turns where the outbox can't hold them. False when it can't hold
/// the rest either: however often the client came back, it would get no further.
bool session::show_state(attachment& who, json turns) {
    auto frame = make_snapshot(std::move(turns));
    if (who.send_snapshot(frame)) return true;
    frame.turns = json::array();
    if (who.send_snapshot(frame)) return true;
    log::error("snapshot_too_large",
               {{"session", id().text}, {"outbox", house_.limits.connection.outbox_bytes}});
    who.close(close_code::quarantined,
              "the session's state is larger than the outbox; the operator must look at it");
    return false;
}

void session::tell_of_drain(attachment& who) const {
    if (!drain_) return;
    auto left = [now = house_.env.steady_now()](steady_time until) {
        return std::max(until - now, milliseconds::zero());
    };
    who.drain(left(drain_->slot), left(drain_->deadline));
}

/// Whether the machine keeps the session for the client that controls it already. One that shows the resume
/// token of its device is that client, and its former connection is dead, whether or not that was noticed
/// yet.
bool session::is_kept_out(const attach_request& request) const {
    if (machine_.takeover() != statemachine::takeover::refuse) return false;
    auto rivals = audience_.rivals_of(*request.who, machine_.takeover());
    return std::ranges::any_of(
        rivals, [&](const auto& one) { return !request.resume || one->device() != request.who->device(); });
}

/// The client comes in, and those who can't stay beside it leave.
void session::admit(const std::shared_ptr<attachment>& who) {
    idle_.disarm();
    auto rivals = audience_.rivals_of(*who, machine_.takeover());
    audience_.add(who);
    for (const auto& former : rivals) {
        audience_.remove(*former);
        takeovers_.push_back(house_.env.steady_now());
        former->taken_over(ledger_.row().attach_generation, who->device());
    }
}

bool session::takes_over_too_often(const attachment& by) {
    if (audience_.rivals_of(by, machine_.takeover()).empty()) return false;
    auto begin = house_.env.steady_now() - house_.limits.takeover_window;
    while (!takeovers_.empty() && takeovers_.front() <= begin)
        takeovers_.pop_front();
    return takeovers_.size() >= house_.limits.takeovers;
}

void session::begin_replay(std::shared_ptr<attachment> who) {
    if (!replays_)
        replays_ = std::make_unique<task_group>(house_.env.get_executor(), [](std::exception_ptr error) {
            log_failure("replay_failed", std::move(error));
        });
    replays_->spawn(catch_up(std::move(who)));
}

task<> session::catch_up(std::shared_ptr<attachment> who) {
    const auto& bounds = house_.limits.connection;
    auto page_events = std::clamp<std::size_t>(bounds.outbox_frames / 4, 1, 256);
    while (!who->over() && who->next_event() <= ledger_.row().head) {
        auto before = who->next_event();
        auto page = co_await house_.database.read_log(ledger_.row().key, before - 1, page_events,
                                                      bounds.outbox_bytes / 4);
        if (!page && page.error() != errc::corrupt) {
            who->overloaded(database_silent, come_back_after);
            co_return;
        }
        error_code why = errc::corrupt;
        if (page) why = co_await replay(who, std::move(*page));
        if (who->over()) co_return;
        if (who->next_event() == before) {
            // The log was trimmed under a reader that was too slow, or can't be replayed: a new resume says
            // what it gets.
            if (before >= ledger_.row().floor) give_up_log(before, why);
            who->close(close_code::slow_consumer, "the replay could not go on; connect again");
            co_return;
        }
    }
    who->go_live();
    show_previews_soon();
    if (ledger_.ended()) who->ended("finished");
}

/// Sends what the attachment lacks of these entries, until something is missing, damaged (`corrupt`) or
/// larger than the outbox (`too_large`). Nothing above the head that the session knows: the store shows a
/// commit before its verdict is heard here, and a turn's answer goes before its events.
task<error_code> session::replay(std::shared_ptr<attachment> who, std::vector<persistence::log_entry> page) {
    for (const auto& entry : page) {
        auto events = protocol::restore_events(entry.events);
        if (!events) co_return errc::corrupt;
        for (auto& e : *events) {
            if (who->over() || e.seq > ledger_.row().head) co_return error_code();
            if (e.seq < who->next_event()) continue;
            if (e.seq > who->next_event()) co_return errc::corrupt;
            bool sent = co_await who->replay(std::move(e));
            if (!sent) co_return errc::too_large;
        }
    }
    co_return errc::corrupt; // if nothing was new
}

/// The event should be in the log and can't be sent from it: whoever lacks it gets a snapshot from here on.
void session::give_up_log(std::uint64_t unread, error_code why) {
    ledger_.give_up_log(unread);
    log::error("log_unreadable", {{"session", id().text}, {"event", unread}, {"why", why.message()}});
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
    frame.turns = std::move(turns);
    frame.ask = state.question;
    for (const auto& tool : state.work.tools) {
        json open = {{"call", tool.call},
                     {"name", tool.name},
                     {"args", tool.args},
                     {"deadline", to_unix(tool.deadline)}};
        if (!tool.turn.empty()) open["turn"] = tool.turn.text;
        frame.tools.push_back(std::move(open));
    }
    return frame;
}

void session::publish(protocol::live_events events) {
    auto attached = audience_.all(); // those who are told of the end leave the audience
    auto is_told = [&](const attachment& who) {
        return who.live() || (!house_.limits.interlocks.live_behind_replay && who.welcomed());
    };
    for (std::size_t i = 1; i < attached.size(); ++i)
        if (is_told(*attached[i - 1])) publish_to(attached[i - 1], events);
    if (!attached.empty() && is_told(*attached.back())) publish_to(attached.back(), std::move(events));
}

void session::publish_to(const std::shared_ptr<attachment>& who, protocol::live_events events) {
    if (!who->publish(std::move(events)))
        begin_replay(who);
    else if (ledger_.ended())
        who->ended("finished");
}

} // namespace rejoinder::service
