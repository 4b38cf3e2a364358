#include "tests/persistence/contract/fault_script.hpp"

#include <algorithm>

namespace rejoinder::tests {
namespace {

const auto expiry = from_unix(1900000000000); // the year 2030, behind all that a test lets pass

/// Writes the script as one who knows what stands.
class script_writer {
public:
    change_set& commit(std::vector<record_write> writes) {
        change_set changes;
        changes.now = now();
        changes.writes = std::move(writes);
        return std::get<change_set>(steps.emplace_back(std::move(changes)));
    }

    /// The next value of a record, and one that is to go.
    std::string value() { return "\"value " + std::to_string(++values_) + '"'; }
    std::string doomed() { return '"' + erased_text + ' ' + std::to_string(++values_) + '"'; }

    session_change create(session_row& row) {
        session_change change;
        row.created = row.last_seen = now();
        row.state = value();
        change.row = row;
        row.revision = {1};
        return change;
    }

    session_change turn(session_row& row, const std::string& id, std::string text) {
        row.state = value();
        auto change = turn_of(row, id, 1, '[' + std::move(text) + ']');
        change.append->at = now();
        return change;
    }

    utc_time now() const { return from_unix(1766400000000) + seconds(steps.size()); }

    std::vector<mutation> steps;

private:
    int values_ = 0;
};

record_write expiring(std::string key, std::string value) {
    auto write = put(std::move(key), std::move(value), write_mode::create_only);
    write.expires = expiry;
    return write;
}

record moved_record(const script_writer& script, std::string key, std::string value, revision at) {
    record one;
    one.id = id_of(std::move(key));
    one.value = std::move(value);
    one.revision = at;
    one.created = one.updated = script.now();
    return one;
}

log_entry moved_entry(std::uint64_t number) {
    log_entry entry;
    entry.revision = {number + 1};
    entry.first = entry.last = number;
    entry.turn = {"m" + std::to_string(number)};
    entry.events = R"(["moved"])";
    entry.status = "done";
    return entry;
}

/// Turns beside records, removals, what expires.
void write_ordinary_life(script_writer& script, session_row& first, session_row& second) {
    constexpr auto create = write_mode::create_only;
    constexpr auto update = write_mode::if_revision;
    script.commit({put("a", script.value(), create), put("b", script.doomed(), create)}).session =
        script.create(first);
    script.commit({put("a", script.value(), update, {1}), put("c", script.doomed(), create)}).session =
        script.turn(first, "t1", script.value());
    second.expires = expiry;
    script.commit({expiring("e1", script.doomed()), expiring("e2", script.doomed())}).session =
        script.create(second);
    script.commit({}).session = script.turn(second, "t1", script.doomed());
    script.commit({put("d", script.value(), create), drop("b", update, {1})}).session =
        script.turn(first, "t2", script.value());
}

/// A session and a record come from another store, the session in two parts, and go on with their lives.
void write_arrival(script_writer& script, session_row& third) {
    third.revision = {3};
    third.head = 2;
    third.state = script.value();
    transfer begin;
    begin.records = {moved_record(script, "a", script.value(), {7}),
                     moved_record(script, "g", script.doomed(), {5})};
    begin.sessions = {{third, {moved_entry(1)}, moved_session::part::first}};
    script.steps.emplace_back(begin);
    transfer further;
    further.records = {moved_record(script, "h", script.value(), {2})};
    further.sessions = {{third, {moved_entry(2)}, moved_session::part::further}};
    script.steps.emplace_back(further);
    script.commit({put("a", script.value(), write_mode::if_revision, {7})}).session =
        script.turn(third, "t1", script.doomed());
}

/// Texts take another form, as those do that are sealed under another key.
void write_restatement(script_writer& script, const session_row& row) {
    transfer what;
    what.how = transfer::manner::restate;
    what.records = {moved_record(script, "h", script.value(), {2})};
    auto& session = what.sessions.emplace_back();
    session.which = moved_session::part::further;
    session.row = row;
    session.row.state = script.value();
    script.steps.emplace_back(what);
}

void write_endings(script_writer& script, session_row& first, session_row& third) {
    script.steps.emplace_back(purging{expiry});
    script.commit({put("e1", script.value(), write_mode::create_only)});
    script.steps.emplace_back(compaction());
    auto& trimming = script.commit({drop("g", write_mode::if_revision, {5})});
    trimming.session = script.turn(first, "t3", script.value());
    first.floor = trimming.session->row.floor = first.head;
    trimming.session->forget_before = script.now();
    auto& removal = script.commit({put("d", script.value(), write_mode::if_revision, {1})});
    removal.removals = {{third.id, third.revision}};
    write_restatement(script, first);
    auto again = new_session("s3").row;
    script.commit({drop("c", write_mode::if_revision, {1})}).session = script.create(again);
    script.steps.emplace_back(compaction());
    script.commit({put("z", script.value(), write_mode::create_only)}).session =
        script.turn(again, "t1", script.value());
}

} // namespace

const std::string erased_text = "nobody-finds-this-again";

std::vector<mutation> life_of_a_store() {
    script_writer script;
    auto first = new_session("s1").row;
    auto second = new_session("s2").row;
    auto third = new_session("s3").row;
    write_ordinary_life(script, first, second);
    write_arrival(script, third);
    write_endings(script, first, third);
    return std::move(script.steps);
}

key_finder keys_in(manual_environment& env, database& store) {
    return [&env, &store](const session_id& id) {
        auto row = env.run(store.read_session(id));
        return row ? row->key : session_key();
    };
}

mutation with_keys(mutation what, const key_finder& key_of) {
    if (auto* changes = std::get_if<change_set>(&what); changes && changes->session) {
        auto& session = *changes->session;
        if (session.expected) session.row.key = key_of(session.row.id);
    }
    if (auto* moved = std::get_if<transfer>(&what); moved && moved->how == transfer::manner::restate)
        for (auto& session : moved->sessions)
            session.row.key = key_of(session.row.id);
    return what;
}

error_code carry_out(manual_environment& env, database& on, mutation what) {
    if (auto* changes = std::get_if<change_set>(&what)) return env.run(on.commit(std::move(*changes))).error;
    if (auto* moved = std::get_if<transfer>(&what)) return env.run(on.transplant(std::move(*moved)));
    if (auto* purge = std::get_if<purging>(&what)) {
        auto gone = env.run(on.purge(purge->expired_before, 1000));
        return gone ? error_code() : gone.error();
    }
    return env.run(on.compact());
}

bool stands(manual_environment& env, database& in, const mutation& what) {
    const auto* changes = std::get_if<change_set>(&what);
    if (!changes) return false;
    std::vector<bool> parts;
    for (const auto& write : changes->writes) {
        auto found = env.run(in.read(write.id));
        if (!found) REQUIRE(found.error() == errc::not_found);
        parts.push_back(write.value ? found && found->value == *write.value : !found);
    }
    if (const auto& session = changes->session) {
        auto found = env.run(in.read_session(session->row.id));
        if (!found) REQUIRE(found.error() == errc::not_found);
        parts.push_back(found && found->state == session->row.state);
    }
    for (const auto& removal : changes->removals) {
        auto found = env.run(in.read_session(removal.id));
        if (!found) REQUIRE(found.error() == errc::not_found);
        parts.push_back(!found);
    }
    auto there = std::ranges::count(parts, true);
    REQUIRE((there == 0 || there == std::ssize(parts)));
    return there > 0;
}

lifecycle::store_digest digest_of(manual_environment& env, database& of) {
    auto digest = env.run(lifecycle::digest_store(&of, {}, {}));
    REQUIRE(digest);
    return *digest;
}

} // namespace rejoinder::tests
