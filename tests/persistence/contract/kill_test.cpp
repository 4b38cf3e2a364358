#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"
#include "tests/support/seed.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

using namespace rejoinder;
using namespace rejoinder::tests;

namespace {

/// A process that writes to a store and prints what was reported as committed.
class writer_process {
public:
    /// `upkeep` is what it does to the store meanwhile.
    explicit writer_process(std::string url, std::vector<std::string> upkeep = {}) {
        std::array<int, 2> pipe{};
        REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
        std::string program = REJOINDER_STORE_WRITER;
        std::vector<char*> arguments{program.data(), url.data()};
        for (auto& word : upkeep)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
        int failed = ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(pipe[1]);
        output_ = pipe[0];
        REQUIRE(failed == 0);
    }
    writer_process(const writer_process&) = delete;
    writer_process& operator=(const writer_process&) = delete;
    ~writer_process() {
        kill();
        ::close(output_);
    }

    /// Takes at least so many lines; false when the process ended before.
    bool read_lines(int count) {
        while (lines_ < count)
            if (!read_some()) return false;
        return true;
    }

    /// Ends the process at once, wherever it is, and returns everything that it printed.
    std::string kill() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
            process_ = 0;
            while (read_some()) {
            }
        }
        return text_;
    }

private:
    bool read_some() {
        std::array<char, 4096> buffer{};
        auto length = ::read(output_, buffer.data(), buffer.size());
        if (length <= 0) return false;
        text_.append(buffer.data(), static_cast<std::size_t>(length));
        lines_ += static_cast<int>(std::count(buffer.begin(), buffer.begin() + length, '\n'));
        return true;
    }

    pid_t process_ = 0;
    int output_ = -1;
    std::string text_;
    int lines_ = 0;
};

/// The highest number that each writer was told is committed.
void note_reported(const std::string& text, std::map<std::string, std::uint64_t>& reported) {
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    std::string name;
    std::uint64_t number = 0;
    while (lines >> name >> number)
        reported[name] = number;
}

void check_writer(database& db, manual_environment& env, const std::string& name, std::uint64_t reported) {
    INFO("writer " << name << ", reported " << reported);
    auto row = env.run(db.read_session({name}));
    REQUIRE(row);
    CHECK((row->head == reported || row->head == reported + 1)); // one may have been on its way
    auto number = std::to_string(row->head);
    CHECK(row->state == number);
    CHECK(row->revision.value == row->head);
    for (const auto* half : {"-a", "-b"}) {
        auto found = env.run(db.read({"counter", {}, name + half}));
        REQUIRE(found);
        CHECK(found->value == number);
    }
    auto log = env.run(db.read_log(row->key, 0, 1 << 20, 1 << 30));
    REQUIRE(log);
    REQUIRE(log->size() == row->head);
    for (std::size_t i = 0; i < log->size(); ++i)
        REQUIRE((*log)[i].turn.text == "t" + std::to_string(i + 1));
}

/// A server carries out what it was sent by a process that has been killed since, and until it has noticed
/// nobody can say what stands.
void wait_for_end_of_connections(const std::string& url) {
    real_environment env;
    postgresql_operator server(url);
    auto connections = "select count(*) from pg_stat_activity where application_name = 'rejoinder' "
                       "and datname = current_database()";
    env.run(until(&env.env(), [&] { return server.execute(connections) == "0"; }));
}

/// What every writer was told is there after an end of the process, and nothing that is half of a change set.
void check_store(const std::string& url, std::map<std::string, std::uint64_t>& reported) {
    manual_environment env;
    auto options = parse_database_url(url);
    REQUIRE(options);
    if (options->type == database_type::postgresql) {
        wait_for_end_of_connections(url);
        env.wait_for_servers(seconds(20));
    }
    std::string why;
    auto db = open_database(env, *options, why);
    INFO(why);
    REQUIRE(db);
    for (auto& [name, number] : reported) {
        check_writer(**db, env, name, number);
        number = env.run((*db)->read_session({name}))->head; // what was on its way counts from now on
    }
    env.run((*db)->close());
}

/// Makes everything that goes through the whole store take its time.
void add_ballast(const std::string& url) {
    manual_environment env;
    std::string why;
    auto db = open_database(env, *parse_database_url(url), why);
    REQUIRE(db);
    for (int number = 0; number < 16; ++number) {
        change_set changes;
        changes.writes = {put("ballast" + std::to_string(number), std::string(1 << 18, 'x'))};
        auto outcome = env.run((*db)->commit(std::move(changes)));
        REQUIRE(outcome.committed());
    }
    env.run((*db)->close());
}

/// A copy is a store of one moment; one that is not finished has no such name.
void check_copy(const std::string& url) {
    INFO(url);
    manual_environment env;
    std::string why;
    auto db = open_database(env, *parse_database_url(url), why);
    INFO(why);
    REQUIRE(db);
    auto rows = env.run((*db)->walk_sessions({}, 100));
    REQUIRE(rows);
    for (const auto& row : *rows)
        check_writer(**db, env, row.id.text, row.head);
    CHECK(env.run((*db)->read(id_of("ballast15"))));
    env.run((*db)->close());
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename());
    return names;
}

/// Ends when somebody waits for a lock in a server that nobody else uses.
void wait_for_a_lock(const std::string& url) {
    real_environment env;
    postgresql_operator server(url);
    auto somebody_waits = "select count(*) > 0 from pg_locks where not granted";
    env.run(until(&env.env(), [&] { return server.execute(somebody_waits) == "t"; }));
}

/// How many lines a process writes before it is killed, round by round; so few, as each ends somewhere else.
constexpr int rounds = 8;
int lines(std::mt19937& random) {
    return std::uniform_int_distribution(1, 150)(random);
}

} // namespace

TEST_CASE("a writer that is killed leaves whole change sets only, and every one that it reported") {
    auto type = GENERATE(filter([](database_type each) { return each != database_type::memory; },
                                from_range(every_backend())));
    CAPTURE(to_string(type));
    std::mt19937 random(test_seed());
    temporary_folder folder;
    auto url = std::string(to_string(type)) + ":" + folder.file("store");
    std::optional<postgresql_cluster> cluster;
    if (type == database_type::postgresql)
        url = cluster.emplace(postgresql_cluster::flushing::on).new_database();
    std::map<std::string, std::uint64_t> reported;

    for (int round = 0; round < 8; ++round) {
        writer_process process(url);
        REQUIRE(process.read_lines(std::uniform_int_distribution(1, 150)(random)));
        note_reported(process.kill(), reported);
        check_store(url, reported);
    }
    CHECK(reported.size() == 8);
}

TEST_CASE(
    "a server that is killed and comes back has what was reported, and its writers go on where they were") {
    if (!postgresql_or_skip()) return;
    std::mt19937 random(test_seed());
    postgresql_cluster cluster(postgresql_cluster::flushing::on);
    auto url = cluster.new_database();
    std::map<std::string, std::uint64_t> reported;

    for (int round = 0; round < 4; ++round) {
        writer_process process(url);
        REQUIRE(process.read_lines(std::uniform_int_distribution(1, 150)(random)));
        cluster.end(SIGKILL);
        cluster.start();
        std::uint64_t before = 0; // what earlier processes wrote
        for (const auto& [name, number] : reported)
            before += number;
        auto written = std::stoull(postgresql_operator(url).execute("select sum(head) from session"));
        REQUIRE(process.read_lines(static_cast<int>(written - before) + 100));
        note_reported(process.kill(), reported);
        check_store(url, reported);
    }
    CHECK(reported.size() == 8);
}

TEST_CASE("writers whose server is killed before it has told them what stands go on where they were") {
    if (!postgresql_or_skip()) return;
    postgresql_cluster cluster(postgresql_cluster::flushing::on);
    auto url = cluster.new_database();
    std::map<std::string, std::uint64_t> reported;
    writer_process first(url);
    REQUIRE(first.read_lines(100));
    note_reported(first.kill(), reported);
    check_store(url, reported);

    postgresql_operator rival(url);
    rival.execute("begin");
    rival.execute("lock table session in access exclusive mode");
    writer_process second(url);
    wait_for_a_lock(url);
    cluster.end(SIGKILL);
    cluster.start();
    REQUIRE(second.read_lines(100));
    note_reported(second.kill(), reported);
    check_store(url, reported);
    CHECK(reported.size() == 8);
}

TEST_CASE("what a killed writer had sent to its server is there before it is looked at") {
    if (!postgresql_or_skip()) return;
    auto url = postgresql_cluster::shared().new_database();
    std::map<std::string, std::uint64_t> reported;
    writer_process first(url);
    REQUIRE(first.read_lines(100));
    // Its next commit waits at its very end for a lock, until the server ends the idle transaction that has
    // it.
    postgresql_operator rival(url);
    rival.execute("set idle_in_transaction_session_timeout = '1s'");
    rival.execute("begin");
    rival.execute("select last from feed for update");
    wait_for_a_lock(url);
    note_reported(first.kill(), reported);
    check_store(url, reported);

    writer_process second(url);
    REQUIRE(second.read_lines(100));
    note_reported(second.kill(), reported);
    check_store(url, reported);
    CHECK(reported.size() == 8);
}

TEST_CASE(
    "a writer that is killed while its store is compacted leaves what it reported, and nothing piles up") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    auto seed = GENERATE(1u, 2u);
    CAPTURE(to_string(type), seed);
    std::mt19937 random(seed);
    temporary_folder folder;
    auto place = folder.file("store");
    auto url = std::string(to_string(type)) + ":" + place;
    add_ballast(url);
    std::map<std::string, std::uint64_t> reported;
    for (int round = 0; round < rounds; ++round) {
        writer_process process(url, {"compact"});
        REQUIRE(process.read_lines(lines(random)));
        note_reported(process.kill(), reported);
        check_store(url, reported);
        auto files = names_in(type == database_type::file ? std::filesystem::path(place) : folder.path());
        CAPTURE(files);
        // Of a folder: the lock, two snapshots, the journals of their generations and one between them.
        CHECK(files.size() <= (type == database_type::file ? 6 : 2));
    }
    CHECK(reported.size() == 8);
}

TEST_CASE(
    "a writer that is killed while its store is copied leaves what it reported, and whole copies only") {
    auto type = GENERATE(database_type::file, database_type::sqlite);
    auto seed = GENERATE(1u, 2u);
    CAPTURE(to_string(type), seed);
    std::mt19937 random(seed);
    temporary_folder folder;
    auto url = std::string(to_string(type)) + ":" + folder.file("store");
    add_ballast(url);
    std::map<std::string, std::uint64_t> reported;
    for (int round = 0; round < rounds; ++round) {
        temporary_folder copies;
        writer_process process(url, {"back_up", copies.path().string()});
        REQUIRE(process.read_lines(lines(random)));
        note_reported(process.kill(), reported);
        check_store(url, reported);
        auto made = names_in(copies.path());
        std::erase_if(made, [](const std::string& name) { return name.find('.') != name.npos; });
        if (!made.empty()) check_copy(std::string(to_string(type)) + ":" + copies.file(*made.rbegin()));
    }
    CHECK(reported.size() == 8);
}
