#pragma once

#include "tests/support/temporary_folder.hpp"

#include <sys/types.h>

#include <string>

struct pg_conn; // of libpq

namespace rejoinder::tests {

/// A PostgreSQL server of this process alone: a copy of a cluster that is initialised once for each build, in
/// a temporary folder, on a Unix socket. It dies with the process. PostgreSQL refuses to serve root, so root
/// runs it as somebody else.
class postgresql_cluster {
public:
    /// Whether PostgreSQL's programs are here: the distribution's, or unpacked in build/postgresql.
    static bool is_available();

    /// The one of this process, started when it is first asked for.
    static postgresql_cluster& shared();

    /// Whether commits wait for the disk. What the system was given outlives every crash of a process, so
    /// most tests prove nothing by waiting; those of durability run a server as it is used.
    enum class flushing { off, on };

    explicit postgresql_cluster(flushing flush = flushing::off);
    postgresql_cluster(const postgresql_cluster&) = delete;
    postgresql_cluster& operator=(const postgresql_cluster&) = delete;
    ~postgresql_cluster();

    /// An empty database of its own; its URL.
    std::string new_database();

    void start();

    /// Ends the server by a signal: SIGKILL is a crash, SIGQUIT one that its processes hear of, SIGINT ends
    /// the connections and loses nothing.
    void end(int signal);

private:
    bool start_once();
    bool wait_until_ready() const;
    std::string url(const std::string& database) const;

    flushing flush_;
    temporary_folder folder_;
    pid_t server_ = 0;
    int words_ = -1; // the server's standard error
    int databases_ = 0;
};

/// A conversation with a server beside the program's own: what an operator, or a rival, does.
class postgresql_operator {
public:
    explicit postgresql_operator(const std::string& url);
    postgresql_operator(const postgresql_operator&) = delete;
    postgresql_operator& operator=(const postgresql_operator&) = delete;
    ~postgresql_operator();

    /// The first value of the answer, empty when there is none. Throws when the server refuses.
    std::string execute(const std::string& sql);

private:
    pg_conn* connection_;
};

/// Whether a test that needs PostgreSQL can run; says why not.
bool postgresql_or_skip();

} // namespace rejoinder::tests
