#include "service/admin/store_calls.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rejoinder::service::admin {
namespace {

using namespace persistence;
using persistence::to_document;
using handler = task<document> (*)(database* in, document call);

template <class T>
document list_of(const std::vector<T>& found) {
    auto list = document::array();
    for (const auto& one : found)
        list.push_back(to_document(one));
    return list;
}

template <class T>
document answer_of(const result<std::vector<T>>& found) {
    return found ? ok(list_of(*found)) : refused(found.error());
}
template <class T>
document answer_of(const result<T>& found) {
    return found ? ok(to_document(*found)) : refused(found.error());
}
document answer_of(error_code error) {
    return error ? refused(error) : ok(nullptr);
}

/// What a call gives in the form of a record or a change set and the like.
template <class T>
T required(std::optional<T> read) {
    if (!read) throw bad_call("a member breaks its form");
    return std::move(*read);
}

record_id id_in(const document& call, const char* member) {
    return required(to_record(call.at(member))).id;
}
session_key key_in(const document& call) {
    return {call.at("session").get<std::int64_t>()};
}
session_id session_in(const document& call) {
    return {call.at("session").get<std::string>()};
}
std::size_t limit_in(const document& call) {
    return std::clamp<std::size_t>(call.at("limit").get<std::size_t>(), 1, 1000);
}

/// Of what may be given in shorter pages than was asked for: it becomes JSON on the sessions' own thread, and
/// a turn shall not wait for a thousand records.
std::size_t page_in(const document& call) {
    return std::min<std::size_t>(limit_in(call), 64);
}

task<document> describe(database* in, document) {
    co_return ok({{"type", static_cast<int>(in->type())},
                  {"durability", static_cast<int>(in->durability())},
                  {"incarnation", in->incarnation()},
                  {"schema", in->schema().now},
                  {"hides_keys", in->hides_keys()}});
}

task<document> commit(database* in, document call) {
    auto committing = in->commit(required(to_change_set(call.at("changes"))));
    auto outcome = co_await std::move(committing);
    auto answer = outcome.error ? refused(outcome.error) : ok(nullptr);
    answer["session"] = outcome.session.value;
    answer["current"] = outcome.current.value;
    answer["write"] = outcome.conflicting_write;
    co_return answer;
}

task<document> read(database* in, document call) {
    auto reading = in->read(id_in(call, "id"));
    co_return answer_of(co_await std::move(reading));
}

task<document> scan(database* in, document call) {
    auto from = id_in(call, "after");
    auto reading = in->scan({from.type, from.scope, from.key, page_in(call)});
    co_return answer_of(co_await std::move(reading));
}

task<document> read_session(database* in, document call) {
    auto reading = in->read_session(session_in(call));
    co_return answer_of(co_await std::move(reading));
}

task<document> read_log(database* in, document call) {
    auto reading = in->read_log(key_in(call), call.at("after").get<std::uint64_t>(),
                                call.at("events").get<std::size_t>(), call.at("bytes").get<std::size_t>());
    co_return answer_of(co_await std::move(reading));
}

task<document> read_history(database* in, document call) {
    log_position after{call.at("last").get<std::uint64_t>(), {call.at("revision").get<std::uint64_t>()}};
    auto reading = in->read_history(key_in(call), after, page_in(call));
    co_return answer_of(co_await std::move(reading));
}

task<document> find_turn(database* in, document call) {
    auto reading = in->find_turn(key_in(call), {call.at("turn").get<std::string>()});
    co_return answer_of(co_await std::move(reading));
}

task<document> latest_turns(database* in, document call) {
    auto reading = in->latest_turns(key_in(call), limit_in(call));
    co_return answer_of(co_await std::move(reading));
}

task<document> walk_records(database* in, document call) {
    std::optional<record_id> after;
    if (call.contains("after")) after = id_in(call, "after");
    auto reading = in->walk_records(std::move(after), page_in(call));
    co_return answer_of(co_await std::move(reading));
}

task<document> walk_sessions(database* in, document call) {
    auto reading = in->walk_sessions(session_in(call), page_in(call));
    co_return answer_of(co_await std::move(reading));
}

task<document> transplant(database* in, document call) {
    auto what = required(to_transfer(call.at("what")));
    if (what.how != transfer::manner::restate) co_return refused(errc::unavailable);
    auto moving = in->transplant(std::move(what));
    co_return answer_of(co_await std::move(moving));
}

task<document> purge(database* in, document call) {
    auto purging = in->purge(from_unix(call.at("before").get<std::int64_t>()), limit_in(call));
    auto gone = co_await std::move(purging);
    if (!gone) co_return refused(gone.error());
    co_return ok({{"records", gone->records}, {"sessions", gone->sessions}});
}

task<document> size(database* in, document) {
    auto measuring = in->size();
    auto bytes = co_await std::move(measuring);
    co_return bytes ? ok(*bytes) : refused(bytes.error());
}

task<document> compact(database* in, document) {
    auto compacting = in->compact();
    co_return answer_of(co_await std::move(compacting));
}

task<document> back_up(database* in, document call) {
    auto copying = in->back_up(call.at("place").get<std::string>());
    co_return answer_of(co_await std::move(copying));
}

task<document> read_changes(database* in, document call) {
    auto reading = in->read_changes(call.at("after").get<std::string>(), limit_in(call));
    auto page = co_await std::move(reading);
    if (!page) co_return refused(page.error());
    co_return ok({{"changes", list_of(page->changes)}, {"next", page->next}});
}

const std::map<std::string_view, handler>& handlers() {
    static const std::map<std::string_view, handler> known{{"describe", describe},
                                                           {"commit", commit},
                                                           {"read", read},
                                                           {"scan", scan},
                                                           {"read_session", read_session},
                                                           {"read_log", read_log},
                                                           {"read_history", read_history},
                                                           {"find_turn", find_turn},
                                                           {"latest_turns", latest_turns},
                                                           {"walk_records", walk_records},
                                                           {"walk_sessions", walk_sessions},
                                                           {"transplant", transplant},
                                                           {"purge", purge},
                                                           {"size", size},
                                                           {"compact", compact},
                                                           {"back_up", back_up},
                                                           {"read_changes", read_changes}};
    return known;
}

} // namespace

std::string store_subprotocol() {
    return std::string("rejoinder.store.") + REJOINDER_VERSION;
}

document refused(error_code why) {
    bool known = why.category() == persistence::error_category();
    document made = document::object();
    made["error"] = known ? why.value() : static_cast<int>(errc::unavailable);
    return made;
}

document ok(document answer) {
    document made = document::object();
    made["ok"] = std::move(answer);
    return made;
}

document to_document(const record_id& id) {
    record named;
    named.id = id;
    return persistence::to_document(named);
}

task<document> carry_out(database* in, document call) {
    try {
        auto found = handlers().find(call.at("call").get<std::string>());
        if (found == handlers().end()) throw bad_call("there is no such call");
        auto carrying = found->second(in, std::move(call));
        co_return co_await std::move(carrying);
    } catch (const document::exception& wrong) {
        throw bad_call(wrong.what());
    }
}

} // namespace rejoinder::service::admin
