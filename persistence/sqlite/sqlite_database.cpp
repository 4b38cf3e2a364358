#include "persistence/sqlite/sqlite_database.hpp"

#include "persistence/loops.hpp"
#include "persistence/rules.hpp"
#include "persistence/sqlite/copier.hpp"
#include "persistence/sqlite/reader.hpp"
#include "persistence/sqlite/store_file.hpp"
#include "persistence/sqlite/writer.hpp"

namespace rejoinder::persistence {
namespace {

/// Hands commits to the writer's thread and reads to the readers; keeps nothing itself. Any loop's coroutines
/// may call it, and are answered on their own loop; of the environment they use the clock only. `close` is
/// for the loop that the environment belongs to.
class sqlite_database final : public database {
public:
    sqlite_database(environment& env, sqlite::store_file store, const queue_bounds& bounds,
                    const size_bounds& sizes)
        : environment_(env),
          sizes_(sizes),
          lock_(std::move(store.lock)),
          incarnation_(store.incarnation),
          schema_(store.schema),
          copier_(store.path, bounds),
          reader_(store.path, bounds, sizes.read),
          writer_(env, std::move(store), bounds, [this](const std::function<void()>& work) {
              return lock_.hold() && copier_.interrupt_around([&] { return reader_.reopen_around(work); });
          }) {}

    /// Throws `sqlite::failure`.
    void start() { reader_.start(); }

    database_type type() const noexcept override { return database_type::sqlite; }
    persistence::durability durability() const noexcept override { return durability::group; }
    const std::string& incarnation() const noexcept override { return incarnation_; }
    schema_versions schema() const noexcept override { return schema_; }

    bool completes_states() const noexcept override { return sqlite::writer::completes_states; }
    store_health health() const noexcept override { return writer_.health(); }

    task<commit_outcome> commit(change_set changes) override {
        return backend::submit_commit(environment_, std::move(changes), sizes_, writer_);
    }

    task<result<record>> read(record_id id) override {
        return ask<record>([id = std::move(id), now = environment_.utc_now()](sqlite::queries& on) {
            return on.read(id, now); //
        });
    }

    task<result<std::vector<record>>> scan(scan_request request) override {
        return ask<std::vector<record>>([request = std::move(request), now = environment_.utc_now()](
                                            sqlite::queries& on) { return on.scan(request, now); });
    }

    task<result<session_row>> read_session(session_id id) override {
        return ask<session_row>([id = std::move(id), now = environment_.utc_now()](sqlite::queries& on) {
            return on.read_session(id, now);
        });
    }

    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override {
        return ask<std::vector<log_entry>>(
            [=](sqlite::queries& on) { return on.read_log(session, after, max_events, max_bytes); });
    }

    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override {
        return ask<std::vector<log_entry>>(
            [=](sqlite::queries& on) { return on.read_history(session, after, limit); });
    }

    task<result<log_entry>> find_turn(session_key session, turn_id turn) override {
        return ask<log_entry>(
            [session, turn = std::move(turn)](sqlite::queries& on) { return on.find_turn(session, turn); });
    }

    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override {
        return ask<std::vector<log_entry>>(
            [=](sqlite::queries& on) { return on.latest_turns(session, limit); });
    }

    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override {
        return ask<std::vector<record>>([after = std::move(after), limit](sqlite::queries& on) {
            return on.walk_records(after, limit); //
        });
    }

    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override {
        return ask<std::vector<session_row>>([after = std::move(after), limit](sqlite::queries& on) {
            return on.walk_sessions(after, limit); //
        });
    }

    task<error_code> transplant(transfer what) override {
        return backend::error_of(suspend<backend::verdict>(
            [this, what = std::move(what)](completion<backend::verdict> done) mutable {
                if (auto problem = rules::judge_size(what, sizes_))
                    done.post(problem);
                else
                    writer_.transplant(std::move(what), environment_.utc_now(), std::move(done));
            }));
    }

    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override {
        return suspend<result<purged>>([this, expired_before, limit](completion<result<purged>> done) {
            writer_.purge(expired_before, limit, environment_.utc_now(), std::move(done));
        });
    }

    task<result<std::uint64_t>> size() override {
        return suspend<result<std::uint64_t>>(
            [this](completion<result<std::uint64_t>> done) { writer_.size(std::move(done)); });
    }

    task<error_code> compact() override {
        auto around = [this](const sqlite::writer::step& rewrite, const sqlite::writer::step& empty_log) {
            return copier_.if_idle([&] {
                rewrite();
                return reader_.reopen_around(empty_log);
            });
        };
        return backend::error_of(suspend<backend::verdict>([this, around](completion<backend::verdict> done) {
            writer_.compact(around, std::move(done)); //
        }));
    }

    task<error_code> back_up(std::string place) override {
        return backend::error_of(suspend<backend::verdict>(
            [this, place = std::move(place)](completion<backend::verdict> done) mutable {
                copier_.submit(std::move(place), std::move(done));
            }));
    }

    task<result<change_page>> read_changes(std::string after, std::size_t limit) override {
        return ask<change_page>([this, after = std::move(after), limit](sqlite::queries& on) {
            return backend::read_page(incarnation_, after,
                                      [&](auto behind) { return on.read_changes(behind, limit); });
        });
    }

    /// The others first: the writer's connection, behind that of its passes, is the last one then and works
    /// the log into the file.
    task<> close() override {
        co_await suspend<int>([this](completion<int> ended) { copier_.close(std::move(ended)); });
        co_await suspend<int>([this](completion<int> ended) { reader_.close(std::move(ended)); });
        co_await suspend<int>([this](completion<int> ended) { writer_.close(std::move(ended)); });
        lock_.release();
    }

private:
    template <class T, class Query>
    task<result<T>> ask(Query query) {
        return suspend<result<T>>([this, query = std::move(query)](completion<result<T>> done) mutable {
            reader_.submit(backend::make_pending_read<sqlite::queries, T>(std::move(query), std::move(done)));
        });
    }

    environment& environment_;
    size_bounds sizes_;
    backend::store_lock lock_; // let go after the last connection
    std::string incarnation_;
    schema_versions schema_;
    sqlite::copier copier_;
    sqlite::reader reader_;
    sqlite::writer writer_; // uses the others, so it ends first
};

} // namespace

result<std::unique_ptr<database>> open_sqlite_database(environment& env, const database_options& options,
                                                       std::string& why) {
    auto store = sqlite::open_store_file(env, options.location, why);
    if (!store) return store.error();
    auto path = store->path;
    try {
        auto opened =
            std::make_unique<sqlite_database>(env, std::move(*store), options.queues, options.sizes);
        opened->start();
        return std::unique_ptr<database>(std::move(opened));
    } catch (const sqlite::failure& broken) {
        why = "the database " + path + " cannot be opened a second time: " + broken.what();
        return sqlite::report(broken, "open", path);
    }
}

} // namespace rejoinder::persistence
