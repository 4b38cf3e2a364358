#include "persistence/backend/relay_database.hpp"

#include "persistence/loops.hpp"

#include <utility>

namespace rejoinder::persistence::backend {

bool serves_all_loops(const database& store) noexcept {
    return store.type() == database_type::sqlite && !store.hides_keys();
}

task<commit_outcome> relay_database::commit(change_set changes) {
    return run_on<commit_outcome>(home_, [to = &inner_, changes = std::move(changes)]() mutable {
        return to->commit(std::move(changes));
    });
}

task<result<record>> relay_database::read(record_id id) {
    return run_on<result<record>>(
        home_, [to = &inner_, id = std::move(id)]() mutable { return to->read(std::move(id)); });
}

task<result<std::vector<record>>> relay_database::scan(scan_request request) {
    return run_on<result<std::vector<record>>>(home_, [to = &inner_, request = std::move(request)]() mutable {
        return to->scan(std::move(request));
    });
}

task<result<session_row>> relay_database::read_session(session_id id) {
    return run_on<result<session_row>>(
        home_, [to = &inner_, id = std::move(id)]() mutable { return to->read_session(std::move(id)); });
}

task<result<std::vector<log_entry>>> relay_database::read_log(session_key session, std::uint64_t after,
                                                              std::size_t max_events, std::size_t max_bytes) {
    return run_on<result<std::vector<log_entry>>>(
        home_, [=, to = &inner_] { return to->read_log(session, after, max_events, max_bytes); });
}

task<result<std::vector<log_entry>>> relay_database::read_history(session_key session, log_position after,
                                                                  std::size_t limit) {
    return run_on<result<std::vector<log_entry>>>(
        home_, [=, to = &inner_] { return to->read_history(session, after, limit); });
}

task<result<log_entry>> relay_database::find_turn(session_key session, turn_id turn) {
    return run_on<result<log_entry>>(home_, [to = &inner_, session, turn = std::move(turn)]() mutable {
        return to->find_turn(session, std::move(turn));
    });
}

task<result<std::vector<log_entry>>> relay_database::latest_turns(session_key session, std::size_t limit) {
    return run_on<result<std::vector<log_entry>>>(
        home_, [=, to = &inner_] { return to->latest_turns(session, limit); });
}

task<result<std::vector<record>>> relay_database::walk_records(std::optional<record_id> after,
                                                               std::size_t limit) {
    return run_on<result<std::vector<record>>>(home_,
                                               [to = &inner_, after = std::move(after), limit]() mutable {
                                                   return to->walk_records(std::move(after), limit);
                                               });
}

task<result<std::vector<session_row>>> relay_database::walk_sessions(session_id after, std::size_t limit) {
    return run_on<result<std::vector<session_row>>>(
        home_, [to = &inner_, after = std::move(after), limit]() mutable {
            return to->walk_sessions(std::move(after), limit);
        });
}

task<error_code> relay_database::transplant(transfer what) {
    return run_on<error_code>(
        home_, [to = &inner_, what = std::move(what)]() mutable { return to->transplant(std::move(what)); });
}

task<result<purged>> relay_database::purge(utc_time expired_before, std::size_t limit) {
    return run_on<result<purged>>(home_, [=, to = &inner_] { return to->purge(expired_before, limit); });
}

task<result<std::uint64_t>> relay_database::size() {
    return run_on<result<std::uint64_t>>(home_, [to = &inner_] { return to->size(); });
}

task<error_code> relay_database::compact() {
    return run_on<error_code>(home_, [to = &inner_] { return to->compact(); });
}

task<error_code> relay_database::back_up(std::string place) {
    return run_on<error_code>(
        home_, [to = &inner_, place = std::move(place)]() mutable { return to->back_up(std::move(place)); });
}

task<result<change_page>> relay_database::read_changes(std::string after, std::size_t limit) {
    return run_on<result<change_page>>(home_, [to = &inner_, after = std::move(after), limit]() mutable {
        return to->read_changes(std::move(after), limit);
    });
}

task<> relay_database::close() {
    co_return;
}

} // namespace rejoinder::persistence::backend
