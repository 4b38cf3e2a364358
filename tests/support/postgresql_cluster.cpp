#include "tests/support/postgresql_cluster.hpp"

#include "tests/support/source_folder.hpp"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

namespace rejoinder::tests {
namespace {

namespace fs = std::filesystem;

/// Who runs PostgreSQL when this is root: the distribution's user for it, or nobody.
struct user {
    uid_t id = 65534;
    gid_t group = 65534;
};

const user& server_user() {
    static const user found = [] {
        user one;
        if (const auto* known = ::getpwnam("postgres")) one = {known->pw_uid, known->pw_gid};
        return one;
    }();
    return found;
}

/// The folder of the newest PostgreSQL's programs; empty when there is none.
fs::path programs() {
    std::vector<fs::path> found;
    for (const auto& root :
         {std::string("/usr/lib/postgresql"), source_folder() + "/build/postgresql/usr/lib/postgresql"}) {
        std::error_code ignored;
        for (const auto& version : fs::directory_iterator(root, ignored))
            if (fs::exists(version.path() / "bin" / "initdb")) found.push_back(version.path() / "bin");
        if (!found.empty()) break;
    }
    return found.empty() ? fs::path() : *std::ranges::max_element(found);
}

/// Starts a program as somebody who may run PostgreSQL; its words go to `output`. It ends with this process.
pid_t launch(const std::vector<std::string>& command, int output) {
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const auto& other = server_user();
    auto parent = ::getpid();
    auto child = ::fork();
    if (child < 0) throw std::runtime_error("no process can be started");
    if (child > 0) return child;
    // Only calls that are safe between fork and exec.
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(other.group) != 0 || ::setuid(other.id) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent) ::_exit(126); // it has died before it could be noticed
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    if (::chdir("/") == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

void hand_over(const fs::path& folder) {
    if (::geteuid() != 0) return;
    const auto& other = server_user();
    if (::chown(folder.c_str(), other.id, other.group) != 0)
        throw std::runtime_error("a folder cannot be handed over");
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (::lchown(entry.path().c_str(), other.id, other.group) != 0)
            throw std::runtime_error("a file cannot be handed over");
}

/// The initialised cluster of this build, which is only ever copied. Several processes may come here at once:
/// each makes one, and the first to finish is everybody's.
fs::path initialised_cluster() {
    fs::path place = REJOINDER_POSTGRESQL_CLUSTER;
    place += "-" + programs().parent_path().filename().string();
    if (fs::exists(place)) return place;
    temporary_folder work;
    hand_over(work.path());
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    auto made =
        launch({programs() / "initdb", "--no-sync", "--auth=trust", "--username=tester", "--encoding=UTF8",
                "--locale=C.UTF-8", "--wal-segsize=1", "--pgdata=" + work.file("data")},
               pipe[1]);
    ::close(pipe[1]);
    std::string words;
    std::array<char, 4096> buffer{};
    for (ssize_t length = 0; (length = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
        words.append(buffer.data(), static_cast<std::size_t>(length));
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(made, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed: " + words);

    fs::create_directories(place.parent_path());
    auto own = place;
    own += "-" + std::to_string(::getpid());
    fs::copy(work.file("data"), own, fs::copy_options::recursive);
    std::error_code another_was_first;
    fs::rename(own, place, another_was_first);
    if (another_was_first) fs::remove_all(own);
    return place;
}

} // namespace

bool postgresql_cluster::is_available() {
    return !programs().empty();
}

postgresql_cluster& postgresql_cluster::shared() {
    static postgresql_cluster cluster;
    return cluster;
}

postgresql_cluster::postgresql_cluster(flushing flush) : flush_(flush) {
    auto data = folder_.path() / "data";
    fs::copy(initialised_cluster(), data, fs::copy_options::recursive);
    fs::permissions(data, fs::perms::owner_all);
    hand_over(folder_.path());
    start();
}

postgresql_cluster::~postgresql_cluster() {
    end(SIGQUIT);
    if (words_ >= 0) ::close(words_);
}

void postgresql_cluster::start() {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    // The processes of a server that was killed hold its memory for a moment, in which another one refuses to
    // begin.
    while (!start_once())
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("PostgreSQL does not start");
}

bool postgresql_cluster::start_once() {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    if (words_ >= 0) ::close(words_);
    words_ = pipe[0];
    std::vector<std::string> command{programs() / "postgres", "-D", folder_.file("data")};
    // After a crash a server flushes the whole folder; one call is faster than one for each of a thousand
    // files.
    for (const auto& setting :
         {std::string("listen_addresses="), "unix_socket_directories=" + folder_.path().string(),
          std::string(flush_ == flushing::on ? "fsync=on" : "fsync=off"),
          std::string("recovery_init_sync_method=syncfs"), std::string("log_min_messages=log"),
          std::string("log_checkpoints=off"), std::string("lc_messages=C"),
          std::string("shared_buffers=32MB"), std::string("max_connections=50"),
          std::string("autovacuum=off"), std::string("jit=off")}) {
        command.emplace_back("-c");
        command.push_back(setting);
    }
    server_ = launch(command, pipe[1]);
    ::close(pipe[1]);
    if (wait_until_ready()) return true;
    end(SIGQUIT);
    return false;
}

/// Reads the server's words until it says so; false when it falls silent or ends.
bool postgresql_cluster::wait_until_ready() const {
    std::string words;
    std::array<char, 4096> buffer{};
    while (words.find("ready to accept connections") == words.npos) {
        pollfd ready{words_, POLLIN, 0};
        if (::poll(&ready, 1, 30'000) != 1) return false;
        auto length = ::read(words_, buffer.data(), buffer.size());
        if (length <= 0) return false;
        words.append(buffer.data(), static_cast<std::size_t>(length));
    }
    return true;
}

void postgresql_cluster::end(int signal) {
    if (server_ == 0) return;
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
}

std::string postgresql_cluster::url(const std::string& database) const {
    return "postgresql:///" + database + "?user=tester&host=" + folder_.path().string();
}

std::string postgresql_cluster::new_database() {
    // The server brings one along that nobody uses, which is all that most processes need.
    if (++databases_ == 1) return url("postgres");
    auto name = "test" + std::to_string(databases_);
    postgresql_operator(url("template1")).execute("create database " + name + " template template0");
    return url(name);
}

postgresql_operator::postgresql_operator(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}

postgresql_operator::~postgresql_operator() {
    PQfinish(connection_);
}

std::string postgresql_operator::execute(const std::string& sql) {
    std::unique_ptr<PGresult, void (*)(PGresult*)> answer(PQexec(connection_, sql.c_str()), PQclear);
    auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(PQerrorMessage(connection_));
    return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

bool postgresql_or_skip() {
    if (postgresql_cluster::is_available()) return true;
    std::cout << "SKIPPED: PostgreSQL is not installed; ./dev test brings it\n";
    return false;
}

} // namespace rejoinder::tests
