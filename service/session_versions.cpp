// How a session that was stored with another version of its machine goes over to this one.

#include "persistence/log.hpp"
#include "service/recorded_step.hpp"
#include "service/session.hpp"

#include <utility>

namespace rejoinder::service {

namespace {

/// A longer record of a change is left out, so that the commit finds room: the change can't be made again
/// then.
constexpr std::size_t longest_record = 512 * 1024;

} // namespace

/// In a commit of its own, before anything else happens. As long as that is not durable nothing of the
/// session has changed, so whoever loads it next does the same.
task<> session::go_over() {
    if (!change_) co_return;
    auto view = co_await read_world();
    if (!view) co_return abandon(view.error());
    auto change = *change_;
    change.stopped = stopped_before(view->inputs.now);
    auto made = service::change_version(machine_, change, view->inputs, ledger_.row().head);
    if (auto* why = std::get_if<std::string>(&made)) co_return can_not_go_over(*why);

    auto& result = std::get<turn_result>(made);
    auto settled = result.settled;
    auto status = result.status;
    auto outcome = result.outcome;
    if (!keep(settled ? settled->id : turn_id{}, view->inputs.now, result))
        co_return can_not_go_over("what it wants kept can't be stored");
    auto next = draft_change(change, std::move(result), *view);
    std::optional<turn_record> record;
    if (settled) record = record_turn(*next, *settled, std::move(status), outcome);
    auto ended = co_await settle(std::move(next));
    if (!ended.committed()) co_return abandon(ended.error);
    change_.reset();
    progressed_ = true;
    if (record) recent_.remember(std::move(*record));
    log::info("session_migrated",
              {{"session", id().text},
               {"machine", machine_.id()},
               {"from", change.from},
               {"to", machine_.version()},
               {"how", change.how == version_change::way::migrates ? "migrates" : "restarts"}});
}

session::held_draft session::draft_change(const version_change& change, turn_result result,
                                          const world& view) const {
    auto first = result.settled ? first_event_of(result.settled->id) : 0;
    auto made_from = to_text(record_change(machine_, change, view.inputs, first));
    if (made_from.size() > longest_record) made_from = first == 0 ? "" : to_text({{"first", first}});
    auto next = draft_made(std::move(result), std::move(made_from), view);
    next->row.machine_version = machine_.version();
    next->row.machine_hash = machine_.hash();
    for (auto& [id, device] : next->devices)
        device.note_migration(change.from);
    return next;
}

/// What was in nobody's way when the session was loaded is now: its actors can't be begun, or its machine.
void session::can_not_go_over(const std::string& why) {
    log::error("session_not_migrated", {{"session", id().text}, {"machine", machine_.id()}, {"why", why}});
    abandon(machine_failed);
}

} // namespace rejoinder::service
