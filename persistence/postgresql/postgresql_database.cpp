#include "persistence/postgresql/postgresql_database.hpp"

#include "persistence/log.hpp"
#include "persistence/postgresql/committer.hpp"
#include "persistence/postgresql/compactor.hpp"
#include "persistence/postgresql/migrate.hpp"
#include "persistence/postgresql/purger.hpp"
#include "persistence/postgresql/queries.hpp"
#include "persistence/postgresql/reader.hpp"
#include "persistence/postgresql/schema.hpp"
#include "persistence/postgresql/transplanter.hpp"
#include "persistence/rules.hpp"
#include "persistence/system_environment.hpp"

#include <algorithm>

namespace rejoinder::persistence {
namespace {

// Commits wait for a page of a purge.
constexpr std::uint64_t purged_at_once = 100;

/// Hands commits to the committer and reads to the reader; keeps nothing itself.
class postgresql_database final : public database {
public:
    postgresql_database(environment& env, const postgresql::store& opened, schema_versions schema,
                        const database_options& options)
        : environment_(env),
          incarnation_(opened.incarnation),
          schema_(schema),
          sizes_(options.sizes),
          committer_(env, opened, options.queues),
          reader_(env, opened, committer_, std::max<std::size_t>(options.connections, 2) - 1,
                  options.queues.reads),
          compactor_(env, opened, committer_, options.queues.chores) {}

    database_type type() const noexcept override { return database_type::postgresql; }
    persistence::durability durability() const noexcept override { return durability::group; }
    const std::string& incarnation() const noexcept override { return incarnation_; }
    store_health health() const noexcept override { return committer_.health(); }
    schema_versions schema() const noexcept override { return schema_; }

    task<commit_outcome> commit(change_set changes) override {
        return backend::submit_commit(environment_, std::move(changes), sizes_, committer_);
    }

    task<result<record>> read(record_id id) override {
        return ask<record>(postgresql::ask_record(id, environment_.utc_now()), postgresql::one_record);
    }

    task<result<std::vector<record>>> scan(scan_request request) override {
        return ask<std::vector<record>>(postgresql::ask_scan(request, environment_.utc_now(), sizes_.read),
                                        postgresql::all_records);
    }

    task<result<session_row>> read_session(session_id id) override {
        return ask<session_row>(postgresql::ask_session(id, environment_.utc_now()), postgresql::one_session);
    }

    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override {
        auto page = ask<std::vector<log_entry>>(postgresql::ask_log(session, after, max_events, max_bytes),
                                                postgresql::all_entries);
        auto found = co_await std::move(page);
        if (found || found.error() != errc::corrupt) co_return found;
        // A statement fails as a whole: what lies in front of a damaged entry is read one by one.
        auto first =
            ask<std::vector<log_entry>>(postgresql::ask_log(session, after, 0, 0), postgresql::all_entries);
        co_return co_await std::move(first);
    }

    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override {
        return ask<std::vector<log_entry>>(postgresql::ask_history(session, after, limit, sizes_.read),
                                           postgresql::all_entries);
    }

    task<result<log_entry>> find_turn(session_key session, turn_id turn) override {
        return ask<log_entry>(postgresql::ask_turn(session, turn), postgresql::one_entry);
    }

    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override {
        return ask<std::vector<log_entry>>(postgresql::ask_latest(session, limit, sizes_.read),
                                           postgresql::all_entries);
    }

    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override {
        return ask<std::vector<record>>(postgresql::ask_records_behind(after, limit, sizes_.read),
                                        postgresql::all_records);
    }

    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override {
        return ask<std::vector<session_row>>(postgresql::ask_sessions_behind(after, limit, sizes_.read),
                                             postgresql::all_sessions);
    }

    task<error_code> transplant(transfer what) override {
        if (auto problem = rules::judge_size(what, sizes_)) co_return problem;
        postgresql::transplanter putting(what, environment_.utc_now());
        auto problem = co_await committer_.perform(&putting);
        if (!problem) problem = putting.verdict();
        co_return problem;
    }

    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override {
        purged gone;
        for (;;) {
            purged page{std::min<std::uint64_t>(limit - gone.records, purged_at_once),
                        std::min<std::uint64_t>(limit - gone.sessions, purged_at_once)};
            postgresql::purger some(expired_before, page, environment_.utc_now());
            auto problem = co_await committer_.perform(&some);
            if (problem) co_return problem;
            gone.records += some.gone().records;
            gone.sessions += some.gone().sessions;
            bool has_its_fill = gone.records >= limit && gone.sessions >= limit;
            if (has_its_fill || !some.may_be_more()) co_return gone;
        }
    }

    task<result<std::uint64_t>> size() override {
        return ask<std::uint64_t>(postgresql::ask_size(), postgresql::one_size);
    }

    task<error_code> compact() override { return compactor_.compact(); }

    task<error_code> back_up(std::string) override { co_return closed_ ? errc::closed : errc::unsupported; }

    task<result<change_page>> read_changes(std::string after, std::size_t limit) override {
        auto position = backend::from_position(incarnation_, after);
        return ask<change_page>(postgresql::ask_changes(position, limit, sizes_.read),
                                [this, after = std::move(after)](const postgresql::rows& found) {
                                    return backend::read_page(incarnation_, after, [&](auto behind) {
                                        return postgresql::all_changes(found, behind);
                                    });
                                });
    }

    task<> close() override {
        closed_ = true;
        co_await compactor_.close();
        co_await reader_.close();
        co_await committer_.close();
    }

private:
    template <class T, class Meaning>
    task<result<T>> ask(postgresql::query asked, Meaning meaning) {
        return suspend<result<T>>(
            [this, asked = std::move(asked), meaning](completion<result<T>> done) mutable {
                reader_.submit(std::move(asked), backend::make_pending_read<const postgresql::rows, T>(
                                                     std::move(meaning), std::move(done)));
            });
    }

    environment& environment_;
    std::string incarnation_;
    schema_versions schema_;
    size_bounds sizes_;
    postgresql::committer committer_;
    postgresql::reader reader_; // this and the next use the committer, so they end first
    postgresql::compactor compactor_;
    bool closed_ = false;
};

task<> connect_and_migrate(environment* env, postgresql::settings where, postgresql::time_limits limits,
                           postgresql::opened_store* store) {
    postgresql::connection first(*env, limits);
    co_await first.connect(std::move(where));
    auto found = co_await postgresql::migrate(env, &first, postgresql::schema_steps(), limits.statement);
    *store = std::move(found);
}

/// A step may rewrite tables, and whoever comes later waits for it.
postgresql::time_limits while_migrating(postgresql::time_limits limits) {
    limits.statement = std::max<milliseconds>(limits.statement, std::chrono::minutes(1));
    return limits;
}

/// The caller's loop does not run yet: the first conversation with the server has one of its own.
postgresql::opened_store open_store(const postgresql::settings& where, postgresql::time_limits limits) {
    boost::asio::io_context loop(1);
    auto env = make_system_environment(loop);
    postgresql::opened_store store;
    std::exception_ptr problem;
    task_group tasks(env->get_executor(), [&](std::exception_ptr thrown) { problem = thrown; });
    tasks.spawn(connect_and_migrate(env.get(), where, limits, &store));
    loop.run();
    if (problem) std::rethrow_exception(problem);
    return store;
}

} // namespace

result<std::unique_ptr<database>> open_postgresql_database(environment& env, const database_options& options,
                                                           std::string& why) {
    auto where = postgresql::settings::parse("postgresql:" + options.location);
    if (!where) {
        why = "the database URL is none that libpq knows; write postgresql://USER@HOST/DATABASE, with "
              "%-escapes in what is not plain";
        return where.error();
    }
    auto begin = "the database " + where->place() + " ";
    postgresql::time_limits limits;
    limits.statement = options.statement_timeout;
    try {
        auto found = open_store(*where, while_migrating(limits));
        if (found.problem != errc{}) {
            why = begin + found.why;
            return found.problem;
        }
        postgresql::store opened{*where, limits, std::move(found.incarnation)};
        return std::unique_ptr<database>(
            std::make_unique<postgresql_database>(env, opened, found.schema, options));
    } catch (const postgresql::failure& broken) {
        log::warning("postgresql_failed", {{"doing", "open"},
                                           {"sqlstate", broken.sqlstate()},
                                           {"what", broken.what()},
                                           {"database", where->place()}});
        why = begin +
              (broken.is_loss() ? "cannot be reached, or lets nobody in with this name and password"
                                : "refuses what this program needs (SQLSTATE " + broken.sqlstate() + ")") +
              "; the log has the server's own words";
        return broken.consequence() == store_health::read_only ? errc::unwritable : errc::unavailable;
    }
}

} // namespace rejoinder::persistence
