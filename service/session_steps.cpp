// How a happening becomes a step, a draft and a commit. What happens is in session_turns.cpp and
// session_work.cpp.

#include "persistence/log.hpp"
#include "service/recorded_step.hpp"
#include "service/session.hpp"

#include <algorithm>
#include <utility>

namespace rejoinder::service {

using persistence::errc;

namespace {

constexpr int tries_on_conflict = 3;
constexpr std::string_view user_root = "/user";
constexpr std::string_view device_root = "/device";
constexpr std::string_view session_root = "/session";
constexpr std::string_view coach_path = "/session/coach";

/// User data is keyed by the first token of a path below /user; nothing for other paths.
std::optional<std::string> user_key(std::string_view path) {
    static constexpr std::string_view prefix = "/user/";
    if (!path.starts_with(prefix)) return std::nullopt;
    path.remove_prefix(prefix.size());
    return std::string(path.substr(0, path.find('/')));
}

} // namespace

/// Takes what happens in one step and one commit. Other sessions may change what the step reads; then it is
/// made again.
task<commit_end> session::take(std::unique_ptr<taking> now) {
    commit_end ended;
    for (int attempt = 0; attempt <= tries_on_conflict; ++attempt) {
        // Behind a conflict nothing that the session knows of its user's records counts any more.
        auto how = attempt == 0 ? coach_records::reading::news : coach_records::reading::everything;
        auto view = co_await read_world(how);
        if (!view && view.error() != errc::corrupt) co_return not_taken(view.error());
        const auto* seen = view && attempt < tries_on_conflict ? &*view : nullptr;
        auto ready = make_ready(*now, seen, view ? obstacle::conflict : obstacle::damage);
        bool arrives = now->from == origin::arrival && now->what.how == happening::kind::begins;
        if (arrives && ready.record.status == "parked") {
            // The log names a turn when it has ended, so this commit can't find it there. One that waited was
            // looked up before it was accepted.
            ledger_.hold_draft();
            auto known = co_await ledger_.find_turn(now->who.id);
            if (known || known.error() != errc::not_found) ledger_.drop_draft();
            if (known) co_return commit_end{commit_verdict::recorded, {}};
            if (known.error() != errc::not_found) co_return not_taken(known.error());
        }
        auto tell = [&] { conclude(now->listener.get(), std::move(ready.record), std::move(ready.events)); };
        bool waits = house_.limits.interlocks.output_gate;
        if (!waits) tell();
        ended = co_await ledger_.commit(std::move(ready.next));
        if (ended.committed() && waits) tell();
        if (ended.verdict != commit_verdict::retry) break;
    }
    if (ended.committed()) progressed_ = true;
    if (ended.verdict == commit_verdict::abandon) abandon(ended.error);
    follow_calls(); // a call that is not wanted any more shows nothing from here on
    co_return ended;
}

/// What the happening comes to: by a step with this view, or where it is null by none, because of the
/// obstacle. No part of the coroutine, in whose frame the result would live while the commit is under way.
session::taken session::make_ready(const taking& now, const world* view, obstacle otherwise) const {
    auto result = view ? step(ledger_.state(), now.what, *view) : give_up_turn(now.what, otherwise);
    if (now.render && result.status == "parked") {
        view = nullptr;
        result = give_up_turn(now.what, obstacle::tools);
    }
    auto& work = result.next.work;
    if (now.from == origin::queue) work.queue.erase(work.queue.begin());
    if (work.parked && work.parked->who.id == now.who.id) work.parked->who = now.who;

    const auto& who = result.settled ? *result.settled : now.who; // stays behind when the result is drafted
    auto status = result.status;
    auto answer = now.render ? now.render(result.events) : std::move(result.outcome);
    taken ready;
    ready.next = view ? draft_step(now.what, std::move(result), *view)
                      : draft_without_step(std::move(result), first_event_of(who.id));
    ready.record = record_turn(*ready.next, who, std::move(status), answer);
    ready.events = ready.next->take_events();
    return ready;
}

/// What a step needs could not be read, so nothing was done.
commit_end session::not_taken(error_code why) {
    if (why == errc::unavailable) return {commit_verdict::keep, why};
    abandon(why);
    return {commit_verdict::abandon, why};
}

/// Of a turn that is parked the log says nothing before it has ended: until then its place is in the state.
turn_record session::record_turn(ledger::draft& next, const turn_identity& who, std::string status,
                                 const json& outcome) const {
    if (who.id.empty()) return {};
    if (status != "parked") return next.record_turn(who, std::move(status), outcome, first_event_of(who.id));
    next.raise_number(who);
    turn_record record;
    record.id = who.id;
    record.digest = who.digest;
    record.status = std::move(status);
    return record;
}

/// The first of the events of the turn that is parked; 0 for others.
std::uint64_t session::first_event_of(const turn_id& turn) const {
    const auto& parked = ledger_.state().work.parked;
    return parked && parked->who.id == turn ? parked->first : 0;
}

turn_result session::give_up_turn(const happening& what, obstacle why) const {
    auto now = house_.env.utc_now();
    auto fail = [&](const char* code, const char* message) {
        return fail_turn(machine_, ledger_.state(), what, now, ledger_.row().head, code, message);
    };
    switch (why) {
    case obstacle::damage:
        return fail("data.damaged", "Stored data that the turn depends on is damaged.");
    case obstacle::tools:
        return fail("tool.not_served", "The turn asks for work of the device, which can't be asked here.");
    case obstacle::conflict:
        break;
    }
    return fail("conflict", "Other sessions kept changing what the turn depends on.");
}

/// What was taken is durable: answer first, then its events.
void session::conclude(turn_listener* listener, turn_record&& record,
                       websocket::protocol::live_events&& events) {
    if (!record.id.empty() && log::enabled(log::level::debug)) // its fields are made for nothing otherwise
        log::debug("turn", {{"session", id().text},
                            {"turn", record.id.text},
                            {"status", record.status},
                            {"last", record.last}});
    if (listener) listener->accepted(record, novelty::first_time);
    if (!record.id.empty() && has_ended(record)) recent_.remember(std::move(record));
    publish(std::move(events));
}

/// Everything outside the session that its machine reads, fetched before the step.
task<result<session::world>> session::read_world(coach_records::reading how) {
    world view;
    std::vector<std::string> keys;
    for (const auto& path : machine_.outside_paths()) {
        if (auto key = user_key(path)) keys.push_back(std::move(*key));
    }
    auto& outside = view.inputs.outside;
    if (reads(user_root)) outside["user"] = json::object();
    if (!keys.empty()) {
        auto values = co_await user().data.load(keys);
        if (!values) co_return values.error();
        auto& user = outside["user"];
        for (auto& key : keys)
            view.user_revisions.emplace(std::move(key), revision{});
        for (auto& [key, stored] : *values) {
            view.user_revisions[key] = stored.revision;
            user[key] = std::move(stored.value);
        }
    }
    view.inputs.now = house_.env.utc_now();
    view.inputs.seed = house_.env.random_number();
    if (reads(device_root)) outside["device"] = ledger_.state().device_context;
    if (!reads(session_root)) co_return view;
    auto& own = outside["session"];
    const auto& row = ledger_.row();
    own["id"] = row.id.text;
    own["account"] = row.account.text;
    own["device"] = row.device.text;
    own["responder"] = house_.answers != nullptr;
    auto reading = read_coach(how);
    auto coach = co_await std::move(reading);
    if (!coach) co_return coach.error();
    if (!coach->is_null()) own["coach"] = std::move(*coach);
    co_return view;
}

const session::user_records& session::user() const {
    if (!user_) {
        const auto& row = ledger_.row();
        user_ = std::make_unique<user_records>(
            user_records{persistence::user_store(house_.database, row.account, row.person),
                         coach_records(house_.database, row.account, row.person, row.id)});
    }
    return *user_;
}

/// Whether the machine reads anything at or below a place of the outside: what it does not read is not made
/// for it.
bool session::reads(std::string_view place) const {
    return std::ranges::any_of(machine_.outside_paths(), [place](std::string_view path) {
        return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
    });
}

/// What the user's sessions share of the coaching, for a machine that reads it; null for others.
task<result<json>> session::read_coach(coach_records::reading how) {
    if (std::ranges::find(machine_.outside_paths(), coach_path) == machine_.outside_paths().end())
        co_return json();
    const auto& head = ledger_.state().machine.context.at("/coach/head");
    auto known = head.is_number_unsigned() ? head.get<std::uint64_t>() : 0;
    auto loading = user().coach.load(known, how);
    co_return co_await std::move(loading);
}

/// What a step wants kept of its user, as writes. False when a store does not take it, which is the program's
/// fault and told to its operator.
bool session::keep(const turn_id& turn, utc_time now, turn_result& result) const {
    for (const auto& one : result.kept) {
        auto writes = user().coach.writes_of(one.data, turn, now);
        if (!writes) {
            log::error("record_refused", {{"session", id().text},
                                          {"turn", turn.text},
                                          {"at", writes.error().pointer},
                                          {"why", writes.error().message}});
            return false;
        }
        for (auto& write : *writes)
            result.writes.push_back(std::move(write));
    }
    return true;
}

/// Makes one step, and tells the operator what the machine has to say or why it could not go on.
turn_result session::step(const session_state& before, const happening& what, const world& view) const {
    auto result = take_turn(machine_, before, what, view.inputs, ledger_.row().head);
    if (!keep(what.turn, view.inputs.now, result))
        result = fail_turn(machine_, before, what, view.inputs.now, ledger_.row().head, "data.refused",
                           "What the turn came to can't be stored.");
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
session::held_draft session::draft_step(const happening& what, turn_result&& result,
                                        const world& view) const {
    auto made_from = record_step(machine_, ledger_.state(), what, view.inputs, result);
    return draft_made(std::move(result), std::move(made_from), view);
}

session::held_draft session::draft_made(turn_result&& result, std::string made_from,
                                        const world& view) const {
    auto next = ledger_.make_draft_for_result();
    for (auto& [key, value] : result.user_data) {
        auto read = view.user_revisions.find(key);
        auto expected = read == view.user_revisions.end() ? std::nullopt : std::optional(read->second);
        next->writes.push_back(value ? user().data.remember(key, *value, expected)
                                     : user().data.forget(key, expected));
    }
    for (auto& write : result.writes)
        next->writes.push_back(std::move(write));
    next->take(std::move(result), std::move(made_from));
    return next;
}

/// What no step has made is recorded without one: made again, a step would come to something else.
session::held_draft session::draft_without_step(turn_result&& result, std::uint64_t first) const {
    auto next = ledger_.make_draft_for_result();
    next->take(std::move(result), first == 0 ? "" : to_text({{"first", first}}));
    return next;
}

task<result<session::held_draft>> session::draft_birth() {
    auto view = co_await read_world();
    if (!view) co_return view.error();
    happening birth;
    birth.received = view->inputs.now;
    auto begun = step(ledger_.state(), birth, *view);
    if (begun.status == "failed") co_return machine_failed;
    co_return draft_step(birth, std::move(begun), *view);
}

task<error_code> session::begin_anew() {
    ledger_.give_up_log(ledger_.row().head);
    auto birth = co_await draft_birth();
    if (!birth) co_return birth.error();
    auto next = std::move(*birth);
    auto ended = co_await ledger_.commit(std::move(next));
    co_return ended.error;
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
        auto how = attempt == 0 ? coach_records::reading::news : coach_records::reading::everything;
        auto view = co_await read_world(how);
        if (!view) {
            ended = {commit_verdict::keep, view.error()};
            break;
        }
        auto before = ledger_.state();
        before.device_context = report.data;
        if (reads(device_root)) view->inputs.outside["device"] = report.data;
        auto result = step(before, what, *view);
        auto settled = result.settled;
        auto next = draft_step(what, std::move(result), *view);
        std::optional<turn_record> record;
        if (settled) record = record_turn(*next, *settled, "done", json::object());
        ended = co_await settle(std::move(next));
        if (ended.committed() && record) recent_.remember(std::move(*record));
        if (ended.verdict != commit_verdict::retry) break;
    }
    if (!ended.committed())
        log::warning("device_report_not_stored", {{"session", id().text}, {"why", ended.error.message()}});
    for (auto& turn : waiting_) {
        auto& awaited = turn->presence;
        if (awaited && awaited->transaction == report.transaction) awaited.reset();
    }
}

} // namespace rejoinder::service
