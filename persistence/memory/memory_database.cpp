#include "persistence/memory/memory_database.hpp"

#include "persistence/backend/verdict.hpp"
#include "persistence/memory/memory_tables.hpp"

namespace rejoinder::persistence {
namespace {

class memory_database final : public database {
public:
    memory_database(environment& env, const size_bounds& sizes)
        : environment_(env), incarnation_(make_ulid(env)), sizes_(sizes) {
        tables_.bound_reads(sizes.read);
    }

    database_type type() const noexcept override { return database_type::memory; }
    persistence::durability durability() const noexcept override { return durability::none; }
    const std::string& incarnation() const noexcept override { return incarnation_; }

    store_health health() const noexcept override { return store_health::usable; }

    task<commit_outcome> commit(change_set changes) override {
        return later<commit_outcome>([this, changes = std::move(changes)]() mutable {
            if (closed_) return commit_outcome::refused(errc::closed);
            if (auto problem = rules::judge_size(changes, sizes_)) return commit_outcome::refused(problem);
            if (auto incomplete = rules::judge_states(changes, completes_states()))
                return commit_outcome::refused(incomplete);
            return tables_.commit(std::move(changes), environment_.utc_now());
        });
    }

    task<result<record>> read(record_id id) override {
        return answer<record>(
            [this, id = std::move(id)] { return tables_.read(id, environment_.utc_now()); });
    }

    task<result<std::vector<record>>> scan(scan_request request) override {
        return answer<std::vector<record>>(
            [this, request = std::move(request)] { return tables_.scan(request, environment_.utc_now()); });
    }

    task<result<session_row>> read_session(session_id id) override {
        return answer<session_row>(
            [this, id = std::move(id)] { return tables_.read_session(id, environment_.utc_now()); });
    }

    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override {
        return answer<std::vector<log_entry>>([this, session, after, max_events, max_bytes] {
            return tables_.read_log(session, after, max_events, max_bytes);
        });
    }

    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override {
        return answer<std::vector<log_entry>>(
            [=, this] { return tables_.read_history(session, after, limit); });
    }

    task<result<log_entry>> find_turn(session_key session, turn_id turn) override {
        return answer<log_entry>(
            [this, session, turn = std::move(turn)] { return tables_.find_turn(session, turn); });
    }

    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override {
        return answer<std::vector<log_entry>>(
            [this, session, limit] { return tables_.latest_turns(session, limit); });
    }

    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override {
        return answer<std::vector<record>>(
            [this, after = std::move(after), limit] { return tables_.walk_records(after, limit); });
    }

    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override {
        return answer<std::vector<session_row>>(
            [this, after = std::move(after), limit] { return tables_.walk_sessions(after, limit); });
    }

    task<error_code> transplant(transfer what) override {
        return decide([this, what = std::move(what)]() mutable {
            if (auto problem = rules::judge_size(what, sizes_)) return problem;
            return tables_.transplant(std::move(what), environment_.utc_now());
        });
    }

    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override {
        return answer<purged>([this, expired_before, limit] {
            return tables_.purge(expired_before, limit, environment_.utc_now());
        });
    }

    task<result<std::uint64_t>> size() override {
        return answer<std::uint64_t>([] { return std::uint64_t(0); });
    }

    task<error_code> compact() override {
        return decide([this] {
            tables_.forget_removals();
            return error_code();
        });
    }

    task<error_code> back_up(std::string) override {
        return decide([]() -> error_code { return errc::unsupported; });
    }

    task<result<change_page>> read_changes(std::string after, std::size_t limit) override {
        return answer<change_page>([this, after = std::move(after), limit] {
            return backend::read_page(incarnation_, after,
                                      [&](auto behind) { return tables_.read_changes(behind, limit); });
        });
    }

    /// Ends behind the completions that are on their way.
    task<> close() override {
        co_await later<int>([this] {
            closed_ = true;
            return 0;
        });
    }

private:
    template <class T, class Query>
    task<result<T>> answer(Query query) {
        return later<result<T>>([this, query = std::move(query)]() -> result<T> {
            if (closed_) return errc::closed;
            return query();
        });
    }

    template <class Work>
    task<error_code> decide(Work work) {
        return backend::error_of(later<backend::verdict>([this, work = std::move(work)]() mutable {
            return backend::to_verdict(closed_ ? error_code(errc::closed) : work());
        }));
    }

    /// Does the work when it is awaited, and completes through the event loop as every other backend does, so
    /// that no caller comes to rely on an answer inside its own call.
    template <class T, class Work>
    task<T> later(Work work) {
        return suspend<T>([work = std::move(work)](completion<T> done) mutable { done.post(work()); });
    }

    environment& environment_;
    std::string incarnation_;
    size_bounds sizes_;
    memory_tables tables_;
    bool closed_ = false;
};

} // namespace

result<std::unique_ptr<database>> open_memory_database(environment& env, const database_options& options) {
    return std::unique_ptr<database>(std::make_unique<memory_database>(env, options.sizes));
}

} // namespace rejoinder::persistence
