#include "service/admin/remote_database.hpp"

#include "service/admin/recordings.hpp"
#include "service/admin/store_calls.hpp"
#include "service/admin/store_window.hpp"
#include "tests/persistence/contract/contract_store.hpp"
#include "tests/support/catch_result.hpp"
#include "tests/support/faulty_database.hpp"
#include "tests/support/pass_time.hpp"
#include "tests/support/real_environment.hpp"
#include "websocket/client.hpp"

using namespace rejoinder;
using namespace rejoinder::tests;
using namespace rejoinder::persistence;

namespace admin = rejoinder::service::admin;

namespace {

/// Who has a store, and lends it.
struct lender final : admin::store_owner {
    explicit lender(database& of) : lends(of) {}
    database* store() noexcept override { return away ? nullptr : &lends; }
    task<bool> lend() override {
        away = willing;
        co_return willing;
    }
    void take_back() override { away = false; }
    task<std::string> settle_recordings() override { co_return "there"; }

    database& lends;
    bool willing = true;
    bool away = false;
};

/// A database here, and the same one as a command sees it through a server.
class both_sides {
public:
    both_sides()
        : tasks_(world.env().get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }),
          inner(world.env(), open_memory()),
          owner(inner),
          windows_(world.env(), owner, tasks_) {
        auto opened = websocket::open_listener(
            world.env(), {}, [this](const auto& request) { return windows_.admit(request); });
        REQUIRE(opened);
        listener_ = std::move(*opened);
        place = {"ws://127.0.0.1:" + std::to_string(listener_->port()) + std::string(admin::store_path),
                 windows_.token()};
        std::string why;
        auto reached = world.get(admin::open_remote(&world.env(), place, &why));
        INFO(why);
        REQUIRE(reached);
        remote = std::move(*reached);
    }
    ~both_sides() {
        if (remote) world.run(remote->close());
        end_server();
    }
    void end_server() {
        if (!listener_) return;
        world.run(listener_->close(websocket::close_code::going_away, "over", milliseconds(100)));
        listener_.reset();
    }

    commit_outcome commit(change_set changes) { return world.get(remote->commit(std::move(changes))); }

    real_environment world;

private:
    std::unique_ptr<database> open_memory() {
        std::string why;
        return open_database(world.env(), {}, why).value();
    }

    task_group tasks_;

public:
    faulty_database inner;
    lender owner;
    admin::serving_place place;
    std::unique_ptr<database> remote;

private:
    admin::store_windows windows_;
    std::unique_ptr<websocket::listener> listener_;
};

change_set first_turn() {
    change_set changes;
    changes.now = from_unix(1766400000000);
    changes.session = new_session("s1");
    changes.writes = {put("a", R"({"quote":"\"'; drop table record; --","snow":"☃"})"), put("b", "2")};
    return changes;
}

template <class T>
std::string lines_of(const std::vector<T>& found) {
    std::string lines;
    for (const auto& one : found)
        lines += to_line(to_document(one)) + "\n";
    return lines;
}

} // namespace

TEST_CASE("a command learns from a server where it records, and from one that has ended nothing") {
    both_sides s;
    std::string why;
    auto folder = s.world.get(admin::ask_for_recordings(&s.world.env(), s.place, &why));
    REQUIRE(folder);
    CHECK(*folder == "there");
    s.end_server();
    CHECK_FALSE(s.world.get(admin::ask_for_recordings(&s.world.env(), s.place, &why)));
    CHECK(why.empty());
}

TEST_CASE("a database that is used through a server answers as it does there") {
    both_sides s;
    auto& here = s.inner;
    auto& there = *s.remote;
    auto& world = s.world;
    CHECK(there.type() == here.type());
    CHECK(there.durability() == here.durability());
    CHECK(there.incarnation() == here.incarnation());
    CHECK(there.hides_keys() == here.hides_keys());

    auto made = s.commit(first_turn());
    REQUIRE(made.committed());
    auto row = *world.get(here.read_session({"s1"}));
    CHECK(made.session == row.key);
    for (int number = 1; number <= 3; ++number) {
        change_set changes;
        changes.session = turn_of(row, "t" + std::to_string(number), 2);
        REQUIRE(s.commit(std::move(changes)).committed());
    }

    CHECK(to_line(to_document(*world.get(there.read(id_of("a"))))) ==
          to_line(to_document(*world.get(here.read(id_of("a"))))));
    CHECK(to_line(to_document(*world.get(there.read_session({"s1"})))) ==
          to_line(to_document(*world.get(here.read_session({"s1"})))));
    CHECK(to_line(to_document(*world.get(there.find_turn(row.key, {"t2"})))) ==
          to_line(to_document(*world.get(here.find_turn(row.key, {"t2"})))));
    scan_request request{"note", id_of("").scope, "a", 10};
    CHECK(lines_of(*world.get(there.scan(request))) == lines_of(*world.get(here.scan(request))));
    CHECK(lines_of(*world.get(there.read_log(row.key, 2, 100, 1 << 20))) ==
          lines_of(*world.get(here.read_log(row.key, 2, 100, 1 << 20))));
    CHECK(lines_of(*world.get(there.read_history(row.key, {}, 2))) ==
          lines_of(*world.get(here.read_history(row.key, {}, 2))));
    CHECK(lines_of(*world.get(there.latest_turns(row.key, 2))) ==
          lines_of(*world.get(here.latest_turns(row.key, 2))));
    CHECK(lines_of(*world.get(there.walk_records(std::nullopt, 100))) ==
          lines_of(*world.get(here.walk_records(std::nullopt, 100))));
    CHECK(lines_of(*world.get(there.walk_records(id_of("a"), 100))) ==
          lines_of(*world.get(here.walk_records(id_of("a"), 100))));
    CHECK(lines_of(*world.get(there.walk_sessions({}, 100))) ==
          lines_of(*world.get(here.walk_sessions({}, 100))));
    auto changes = world.get(there.read_changes("", 100));
    CHECK(lines_of(changes->changes) == lines_of(world.get(here.read_changes("", 100))->changes));
    CHECK(changes->next == world.get(here.read_changes("", 100))->next);
    CHECK(*world.get(there.size()) == *world.get(here.size()));
    CHECK_FALSE(world.get(there.compact()));
    CHECK(world.get(there.back_up("nowhere")) == errc::unsupported);
    auto gone = world.get(there.purge(from_unix(4102444800000), 100));
    CHECK(gone->sessions == 1);
    CHECK(world.get(here.read_session({"s1"})).error() == errc::not_found);
}

TEST_CASE("a verdict comes through a server with all that it says") {
    both_sides s;
    REQUIRE(s.commit(first_turn()).committed());
    change_set late;
    late.writes = {put("c", "1"), put("b", "3", write_mode::if_revision, revision{7})};
    auto refused = s.commit(std::move(late));
    CHECK(refused.error == errc::conflict);
    CHECK(refused.current == revision{1});
    CHECK(refused.conflicting_write == 1);
    CHECK(s.world.get(s.remote->read(id_of("c"))).error() == errc::not_found);
}

TEST_CASE("what looks at no revision is not put in place through a server, what restates is") {
    both_sides s;
    REQUIRE(s.commit(first_turn()).committed());
    transfer what;
    what.records = {*s.world.get(s.remote->read(id_of("a")))};
    what.records.front().value = "7";
    CHECK(s.world.get(s.remote->transplant(what)) == errc::unavailable);
    what.how = transfer::manner::restate;
    CHECK_FALSE(s.world.get(s.remote->transplant(what)));
    CHECK(s.world.get(s.inner.read(id_of("a")))->value == "7");
}

TEST_CASE(
    "a server that ends leaves the outcome of a commit under way unknown, and nothing can be asked after") {
    both_sides s;
    s.inner.hold_commits();
    task_group tasks(s.world.env().get_executor(), [](std::exception_ptr) {});
    commit_outcome outcome;
    auto commit = [](database* to, commit_outcome* into) -> task<> {
        auto committing = to->commit(first_turn());
        *into = co_await std::move(committing);
    };
    tasks.spawn(commit(s.remote.get(), &outcome));
    s.world.run(until(&s.world.env(), [&s] { return s.inner.held() > 0; }));
    s.end_server();
    s.world.run(tasks.join());
    CHECK(outcome.error == errc::unknown_outcome);
    CHECK(s.world.get(s.remote->read(id_of("a"))).error() == errc::unavailable);
    s.inner.release_commits();
}

TEST_CASE("a command that says what is no call, or does not wait for its answer, is shut out") {
    both_sides s;
    s.inner.hold_commits();
    auto words = GENERATE(std::vector<std::string>{"no JSON"}, std::vector<std::string>{"[]"},
                          std::vector<std::string>{R"({"call":"fly"})"},
                          std::vector<std::string>{R"({"call":"read"})"},
                          std::vector<std::string>{R"({"call":"commit","changes":{"writes":[{}]}})"},
                          std::vector<std::string>(2, R"({"call":"commit","changes":{}})"));
    CAPTURE(words);
    websocket::client_options options;
    options.url = s.place.url;
    options.subprotocol = admin::store_subprotocol();
    options.headers = {{"Authorization", "Bearer " + s.place.token}};
    auto client = s.world.get(websocket::connect(s.world.env(), std::move(options))).value();
    for (const auto& one : words)
        client->send(one);
    while (s.world.get(client->receive(milliseconds(10'000)))) {
    }
    REQUIRE(client->closed_with());
    CHECK(client->closed_with()->code == 1008);
    CHECK(*s.world.get(s.remote->size()) == 0);
    s.inner.release_commits();
}
