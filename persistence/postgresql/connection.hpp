#pragma once

#include "persistence/environment.hpp"
#include "persistence/postgresql/failure.hpp"
#include "persistence/postgresql/parameters.hpp"
#include "persistence/postgresql/rows.hpp"
#include "persistence/postgresql/settings.hpp"
#include "persistence/task.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

struct pg_conn; // of libpq

namespace rejoinder::persistence::postgresql {

/// SQL that each connection prepares when it first executes it. Lives as long as the program.
class statement {
public:
    explicit statement(std::string sql);
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    const std::string sql;
    const std::string name; ///< different from every other one's
};

/// One statement to execute.
struct query {
    const statement* what = nullptr;
    parameters with;
};

/// What bounds a connection's waiting.
struct time_limits {
    milliseconds connect{5000};   ///< of the look-up of a name, and then of the way to the server
    milliseconds statement{5000}; ///< what the server gives each statement, a wait for a lock included
    milliseconds silence() const { return statement + milliseconds(1000); } ///< of a server that is asked
};

/// One connection to a server, without blocking: libpq is given its turns when the socket is ready, in the
/// event loop of the environment that the connection was made with. One call at a time. A call that ends with
/// a `failure` that is a loss, for which too long a silence counts, leaves a connection that is only good to
/// be destroyed. The destructor closes it at once.
class connection {
public:
    connection(environment& env, time_limits limits) : environment_(env), limits_(limits) {}
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Finds the server's addresses, connects to the first that answers and makes the session's settings.
    /// Throws `failure`.
    task<> connect(settings with);

    /// Executes all of them in one round trip (libpq's pipeline mode) and returns an answer for each. Throws
    /// the first one's `failure`; the server skips those behind it then.
    task<std::vector<rows>> run(std::vector<query> queries);

    /// Executes a text of several statements, whose answers are dropped. Throws `failure`.
    task<> execute(std::string sql);

    /// Ends the call in progress, and later ones, as a silence does.
    void interrupt();

private:
    struct socket;
    class deadline;

    task<> receive();
    task<> wait(bool reading, bool writing);
    void follow_socket();
    void send(const query& one);
    failure lost() const;
    failure refused(const rows& answer) const;

    environment& environment_;
    time_limits limits_;
    settings settings_;
    pg_conn* native_ = nullptr;
    std::shared_ptr<socket> socket_;
    deadline* deadline_ = nullptr; // of the call in progress
    bool expired_ = false;         // it has come
    bool interrupted_ = false;

    std::unordered_set<const statement*> prepared_;
    std::deque<const statement*> expected_; // answers in order: to a preparation, or (null) to an execution
};

} // namespace rejoinder::persistence::postgresql
