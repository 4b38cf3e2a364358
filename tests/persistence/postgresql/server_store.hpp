#pragma once

#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"

#include <string>

namespace rejoinder::tests {

/// A database of a server in real time, as faults of servers and of the way to them happen there.
class server_store {
public:
    server_store(real_environment& env, const std::string& url, milliseconds statement_timeout = seconds(5))
        : env_(env) {
        auto options = *parse_database_url(url);
        options.statement_timeout = statement_timeout;
        std::string why;
        auto opened = open_database(env_.env(), options, why);
        if (!opened) throw std::runtime_error(why);
        db = std::move(*opened);
    }
    ~server_store() { env_.run(db->close()); }

    commit_outcome commit(record_write write) {
        change_set changes;
        changes.writes.push_back(std::move(write));
        return env_.get(db->commit(std::move(changes)));
    }
    commit_outcome commit(session_change session) {
        change_set changes;
        changes.session = std::move(session);
        return env_.get(db->commit(std::move(changes)));
    }
    result<record> read(std::string key) { return env_.get(db->read(id_of(std::move(key)))); }
    result<session_row> session(std::string id) { return env_.get(db->read_session({std::move(id)})); }

    std::unique_ptr<database> db;

private:
    real_environment& env_;
};

/// Lets the server refuse, with an SQLSTATE: the first `times` of what is asked of the function `refuse`,
/// which then agrees. What it has counted outlives the transactions that it ends.
inline void let_refuse(postgresql_operator& server, int times, const std::string& state) {
    server.execute("create sequence refusals");
    server.execute("create function refuse() returns boolean language plpgsql volatile as $$ begin "
                   "if nextval('refusals') <= " +
                   std::to_string(times) + " then raise exception using errcode = '" + state +
                   "', message = 'refused'; end if; return true; end $$");
}

/// The same for writes of a table.
inline void let_refuse_writes(postgresql_operator& server, const std::string& table, int times,
                              const std::string& state) {
    let_refuse(server, times, state);
    server.execute("create function refuse_write() returns trigger language plpgsql as $$ begin "
                   "perform refuse(); return new; end $$");
    server.execute("create trigger refusing before insert or update on " + table +
                   " for each row execute function refuse_write()");
}

/// The same for reads of a table, a row each.
inline void let_refuse_reads(postgresql_operator& server, const std::string& table, int times,
                             const std::string& state) {
    let_refuse(server, times, state);
    server.execute("alter table " + table + " rename to kept_" + table);
    server.execute("create view " + table + " as select * from kept_" + table + " where refuse()");
}

inline task<> commit_into(database* db, record_write write, std::vector<commit_outcome>* outcomes) {
    change_set changes;
    changes.writes.push_back(std::move(write));
    auto outcome = co_await db->commit(std::move(changes));
    outcomes->push_back(outcome);
}

/// A write that holds only behind the one with the number before it: it fails if that one is missing, or if
/// it has happened itself.
inline record_write put_number(std::uint64_t number) {
    return put("a", std::to_string(number), write_mode::if_revision, {number - 1});
}

/// Goes on behind the commits of `outcomes`, the first of which made the record, while it shall. A server
/// takes its new settings when each of its processes comes to it: a commit that shall meet them is one of
/// many.
inline task<> put_numbers(database* db, const bool* goes_on, std::vector<commit_outcome>* outcomes) {
    while (*goes_on && outcomes->back().committed()) {
        auto putting = commit_into(db, put_number(outcomes->size() + 1), outcomes);
        co_await std::move(putting);
    }
}

} // namespace rejoinder::tests
