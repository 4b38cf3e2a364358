#pragma once

#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/real_environment.hpp"

#include <functional>

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

/// Lets the loop run until something is so; the environment's patience bounds it.
inline task<> until(environment* env, std::function<bool()> is_so) {
    while (!is_so()) {
        signal over(env->get_executor());
        timer alarm(*env);
        alarm.arm_after(milliseconds(5), [&over] { over.notify(); });
        co_await over.wait();
    }
}

inline task<> commit_into(database* db, record_write write, std::vector<commit_outcome>* outcomes) {
    change_set changes;
    changes.writes.push_back(std::move(write));
    auto outcome = co_await db->commit(std::move(changes));
    outcomes->push_back(outcome);
}

} // namespace rejoinder::tests
