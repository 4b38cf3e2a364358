#pragma once

#include "persistence/mailbox.hpp"
#include "persistence/stores/user_store.hpp"
#include "persistence/task_group.hpp"
#include "service/audience.hpp"
#include "service/coach_records.hpp"
#include "service/commit_lag.hpp"
#include "service/ledger.hpp"
#include "service/recent_turns.hpp"
#include "service/running_calls.hpp"
#include "service/session_messages.hpp"
#include "service/settings.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rejoinder::service {

/// What every session of a thread uses; outlives them all.
struct session_house {
    environment& env;
    persistence::database& database;
    const settings& limits;
    utc_time begun{};             ///< when this server began: before that nobody ran its sessions
    responder* answers = nullptr; ///< who speaks for machines; null: nobody
    commit_lag* lag = nullptr;    ///< where commits are measured; null: nowhere
};

class session;

/// Who has a session: runs it, and lets it go.
class session_owner {
public:
    /// The session was at rest and has something to do: `work` is to be awaited once, soon and not within
    /// this call. Who does that holds the session by a `shared_ptr` (`shared_from_this`) meanwhile; an owner
    /// that awaits nothing may have it otherwise.
    virtual void wanted(session& which) = 0;

    /// The session takes no more messages from this moment on. It may still be at work.
    virtual void over(session& which) = 0;

protected:
    ~session_owner() = default;
};

/// One live session: a mailbox and, while something is in it, a coroutine that takes a message, steps,
/// commits and publishes. At rest there is no coroutine: most sessions are, most of the time, and what one of
/// them holds then is what bounds their number.
///
/// Invariants
///  1. One writer: only `work` steps and commits, one message at a time. From outside come messages for its
///     mailbox, confirmations of tokens (durable with a later commit), the end of a client, and a drain's
///     notice; none of them waits or touches what a step reads.
///  2. Output gate: welcomes, `accepted` and events leave after the commit of what they show, from `work` or
///     from a replay that it has begun.
///  3. What is in memory is what is durable (see `ledger`). When a commit fails in a way that leaves that in
///     doubt the activation ends, its sockets are closed, and whoever asks next loads the session again.
///
/// Owner: the registry (`session_owner`), which outlives it, has it `work` once when it is made, and again
/// whenever it is wanted. All calls are made on the environment's thread. The session is over when `stop` was
/// called, when it has ended, when a commit failed, or after a while without attachments and work; it needs
/// no cancellation.
class session : public std::enable_shared_from_this<session> {
public:
    /// Why a session can't begin: its machine's first step failed.
    static inline const error_code machine_failed =
        make_error_code(boost::system::errc::operation_not_supported);

    session(const session_house& house, statemachine::definition machine, session_origin origin,
            session_owner& owner);

    /// Takes up what has come and what is due, until nothing is left; of a session that is over by then
    /// nothing goes on when this ends, and it is not wanted again.
    task<> work();

    const session_id& id() const noexcept { return ledger_.row().id; }
    const statemachine::definition& machine() const noexcept { return machine_; }

    /// Whether the session's machine has reached its end, or the client has ended the session.
    bool ended() const noexcept { return ledger_.ended(); }

    /// Whether this activation has committed a step.
    bool has_progressed() const noexcept { return progressed_; }

    /// Why this activation serves nobody and another one will not either; nothing where it does or may.
    std::optional<refusal> stillborn() const noexcept { return stillborn_; }

    /// Whether this activation takes no messages any more.
    bool over() const noexcept { return over_; }

    // What a session can be told. `full` and `closed` are the caller's to answer for.
    [[nodiscard]] delivery attach(attach_request request);
    [[nodiscard]] delivery submit(turn_request request);
    [[nodiscard]] delivery cancel(cancel_request request);
    [[nodiscard]] delivery report(tool_report report);
    [[nodiscard]] delivery report(device_report report);
    [[nodiscard]] delivery end(end_request request);

    /// Whether the turn was taken already, as far as that is known without a read: submitting it again makes
    /// no work.
    bool recalls(const turn_id& turn) const;

    /// The attachment's client was heard: its resume token is confirmed.
    void heard_from(attachment& who);
    void detach(const attachment& who);

    /// Tells the clients that are attached, and whoever attaches from now on, to come back later: `slot` is
    /// their turn, and at `deadline` the server closes.
    void announce_drain(steady_time slot, steady_time deadline);

    /// Lets the session live on while a client is attached: no commit tells of that by itself.
    void renew();

    /// Lets the session leave memory now if it is idle, instead of after its pause.
    void leave_if_idle();

    /// The clients that are attached.
    const audience& clients() const noexcept { return audience_; }

    /// What the session holds of the process's memory, without its clients' outboxes: an estimate that errs
    /// upwards (session_bytes.cpp says how).
    std::size_t bytes() const noexcept;

    /// When the next timer of the machine falls due, as it is stored.
    std::optional<utc_time> next_timer() const;

    /// When the session expires as it is stored; nothing while it is not.
    std::optional<utc_time> stored_expiry() const;

    /// Finishes what waits and ends.
    void stop();

    /// Instead of `work`, for a stored session whose origin has an empty state: begins the machine anew and
    /// lets the log so far go, in one commit.
    task<error_code> begin_anew();

    /// After `work` has failed: gives back what waits, and ends.
    task<> break_down();

private:
    task<> handle_attach_or_hang_up(attach_request request);
    task<> handle_attach(attach_request request);
    task<> handle_report(device_report report);
    task<> handle_end(end_request request);
    delivery post(session_message message);
    void rouse();
    task<> begin();
    bool takes_turn(session_message& message);
    task<> handle(session_message message);
    task<> finish();

    enum class origin { arrival, queue };

    /// A draft on its way through the coroutines below, as a turn is (see `held_turn`).
    using held_draft = std::unique_ptr<ledger::draft>;

    // Turns as they arrive (session_turns.cpp).
    task<> run_waiting_turns();
    std::optional<milliseconds> patience_for_presence(const turn_request& front) const;
    task<bool> wait_for_presence(turn_id front, milliseconds patience);
    task<> run_turn_or_lose_it(held_turn request);
    task<> run_turn(held_turn request);
    task<result<turn_record>> recall(turn_id id, device_id device, std::optional<std::uint64_t> number);
    std::optional<turn_record> recall_open(const turn_id& id) const;
    void leave_open(const turn_request& request, error_code why);
    void give_back(const turn_request& request);
    void answer_known(const turn_request& request, const turn_record& known);
    std::optional<rejection> objection(const turn_request& request) const;
    task<> begin_or_wait(held_turn request);
    task<> begin_at_once(held_turn request);
    static rejection queue_full(const turn_request& request);
    task<> explain(held_turn request, commit_end ended);

    // Turns and tools that have not come to an end (session_work.cpp).
    task<> enqueue(held_turn request, statemachine::overlap policy);
    task<> go_on_with_work();
    task<commit_end> begin_queued(queued_turn turn);
    task<commit_end> take_for_good(happening what, turn_identity who, origin from);
    task<commit_end> end_without_step(happening what, turn_identity who, std::string status, std::string code,
                                      std::string message);
    void rest_unless(commit_end ended);
    milliseconds rest_from_work() const;
    std::optional<happening> next_overdue(utc_time now) const;
    task<> fail_overdue_work();
    task<> end_answered_calls();
    void follow_calls();
    void show_previews_soon();
    void show_previews();
    task<> fire_due_timers();
    utc_time stopped_before(utc_time now) const;
    task<> resume_stopped_timers();
    task<commit_end> end_work(happening how);
    task<commit_end> cancel_parked();
    void watch_work();
    task<> handle_cancel(cancel_request request);
    task<> answer_late_cancel(cancel_request request);
    task<> handle_tool_report(tool_report report);
    void put_off(attachment& who, const std::string& ref, commit_end ended) const;

    // From what the machine reads to a commit (session_steps.cpp).
    struct world {
        statemachine::step_inputs inputs;
        std::map<std::string, revision> user_revisions; ///< of the user data that was read; 0: there was none
    };
    /// What shall be taken, and who is told.
    struct taking {
        happening what;
        turn_identity who; ///< of the turn that it belongs to; empty: none
        origin from = origin::arrival;
        std::shared_ptr<turn_listener> listener; ///< may be null
        std::function<json(const std::vector<websocket::protocol::event>&)>
            render; ///< makes the stored outcome; may be empty
    };
    /// What a step has come to, ready to be committed and told.
    struct taken {
        held_draft next;
        turn_record record;
        websocket::protocol::live_events events;
    };
    task<commit_end> take(std::unique_ptr<taking> now);
    commit_end not_taken(error_code why);
    task<result<world>> read_world(coach_records::reading how = coach_records::reading::news);
    /// What the session's user has in stores of its own; most machines do not ask for any of it.
    struct user_records {
        persistence::user_store data;
        coach_records coach;
    };
    const user_records& user() const;
    bool reads(std::string_view place) const;
    task<result<json>> read_coach(coach_records::reading how);
    bool keep(const turn_id& turn, utc_time now, turn_result& result) const;
    turn_result step(const session_state& before, const happening& what, const world& view) const;
    /// Why a turn is answered without a step.
    enum class obstacle { damage, conflict, tools };
    turn_result give_up_turn(const happening& what, obstacle why) const;
    taken make_ready(const taking& now, const world* view, obstacle otherwise) const;
    turn_record record_turn(ledger::draft& next, const turn_identity& who, std::string status,
                            const json& outcome) const;
    void conclude(turn_listener* listener, turn_record&& record, websocket::protocol::live_events&& events);
    // A result is large: these take it apart where it is.
    held_draft draft_step(const happening& what, turn_result&& result, const world& view) const;
    held_draft draft_made(turn_result&& result, std::string made_from, const world& view) const;
    held_draft draft_without_step(turn_result&& result, std::uint64_t first) const;
    std::uint64_t first_event_of(const turn_id& turn) const;
    task<result<held_draft>> draft_birth();
    task<> be_born();
    task<commit_end> settle(held_draft next);

    // Another version of the machine (session_versions.cpp).
    task<> go_over();
    held_draft draft_change(const version_change& change, turn_result result, const world& view) const;
    void can_not_go_over(const std::string& why);

    // Clients: admission, welcome, replay, publishing (session_attaching.cpp).
    task<error_code> look_whether_still_owned() const;
    void turn_away(attachment& who, error_code why);
    task<> welcome_back(attach_request request, std::string secret);
    void welcome(const std::shared_ptr<attachment>& who, const resume_decision& decision, std::string secret,
                 json turns);
    bool show_state(attachment& who, json turns);
    void tell_of_drain(attachment& who) const;
    bool is_kept_out(const attach_request& request) const;
    void admit(const std::shared_ptr<attachment>& who);
    bool takes_over_too_often(const attachment& by);
    void begin_replay(std::shared_ptr<attachment> who);
    task<> catch_up(std::shared_ptr<attachment> who);
    task<error_code> replay(std::shared_ptr<attachment> who, std::vector<persistence::log_entry> page);
    void give_up_log(std::uint64_t unread, error_code why);
    void publish(websocket::protocol::live_events events);
    void publish_to(const std::shared_ptr<attachment>& who, websocket::protocol::live_events events);
    std::optional<websocket::protocol::welcome::open_turn> running_turn() const;
    websocket::protocol::snapshot make_snapshot(json turns) const;

    // Endings.
    bool has_nothing_to_do() const;
    bool is_idle() const;
    void consider_idling();
    void consider_saving();
    task<> save_tokens();
    task<> save_sign_of_life();
    void abandon(error_code why);
    void retire();

    const session_house& house_;
    statemachine::definition machine_;
    std::unique_ptr<version_change> change_; ///< that the session begins with, until it is durable
    ledger ledger_;
    mutable std::unique_ptr<user_records> user_; ///< made when they are first asked for
    session_owner& owner_;

    mailbox<session_message> mailbox_;
    // Lists, as an empty deque holds half a kilobyte and a session rests most of the time.
    std::list<held_turn> waiting_;
    recent_turns recent_;
    std::size_t queued_turns_ = 0; ///< in the mailbox and waiting
    std::size_t queued_bytes_ = 0; ///< of the frames that brought them
    audience audience_;
    std::optional<refusal> stillborn_; ///< why the session can't begin, however often it is tried
    std::list<steady_time> takeovers_;
    struct drain_notice {
        steady_time slot;
        steady_time deadline;
    };
    std::optional<drain_notice> drain_;
    bool begun_ = false;
    bool at_work_ = true; ///< or about to be, and when it is over for good
    bool progressed_ = false;
    bool over_ = false;
    bool stopping_ = false;
    timer idle_;
    timer presence_;
    timer saving_;
    timer work_;
    timer previews_;
    std::unique_ptr<running_calls> calls_;        ///< made for the first of them
    std::optional<steady_time> work_rests_until_; ///< the database took nothing of it
    std::unique_ptr<task_group> replays_;         ///< made for the first of them
};

} // namespace rejoinder::service
