#pragma once

#include "persistence/database.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace rejoinder::tests {

/// When an operation fails: before it reached the store, or after it was done there (the answer was lost).
enum class fault { before_applying, after_applying };

/// Any database, with faults on order: fails chosen operations, holds answers back or delays them, counts
/// what is asked.
class faulty_database final : public persistence::database {
public:
    faulty_database(environment& env, std::unique_ptr<persistence::database> inner)
        : environment_(env), inner_(std::move(inner)) {}

    /// Lets the next commit, or after `skip` commits the one behind them, end with an error. Orders add up.
    void fail_commit(persistence::errc error, fault when = fault::before_applying, std::size_t skip = 0) {
        commit_faults_.push_back({commits_ + skip, error, when});
    }

    /// The same for operations of every kind but `close`.
    void fail_operation(persistence::errc error, fault when, std::size_t skip = 0) {
        faults_.push_back({operations_ + skip, error, when});
    }

    /// Lets the next commit throw, as one does when there is no memory left.
    void break_commit() noexcept { breaking_ = true; }
    /// The same for `close`.
    void break_close() noexcept { breaking_close_ = true; }

    /// From now on every read ends with this error, until `mend_reads`.
    void fail_reads(persistence::errc error) noexcept { read_fault_ = error; }
    void mend_reads() noexcept { read_fault_.reset(); }

    /// From now on nobody hears what was read until `release_reads`.
    void hold_reads() noexcept { holding_reads_ = true; }
    void release_reads() {
        holding_reads_ = false;
        for (auto& read : std::exchange(held_reads_, {}))
            read.post(0);
    }

    /// From now on commits are carried out, but nobody hears of it until `release` or `release_one`.
    void hold_commits() noexcept { holding_ = true; }

    void release_one() {
        if (held_.empty()) return;
        auto first = std::move(held_.front());
        held_.pop_front();
        first.post(0);
    }

    void release_commits() {
        holding_ = false;
        while (!held_.empty())
            release_one();
    }

    /// From now on every answer comes some turns of the loop after it was there: those of commits in their
    /// order, all others in any.
    void delay_answers() noexcept { is_delaying_ = true; }

    /// What `health` answers from now on.
    void pretend(persistence::store_health health) noexcept { health_ = health; }

    std::size_t operations() const noexcept { return operations_; } ///< begun so far
    std::size_t commits() const noexcept { return commits_; }
    std::size_t reads() const noexcept { return reads_; } ///< of any kind
    std::size_t log_reads() const noexcept { return log_reads_; }
    std::size_t held() const noexcept { return held_.size(); }
    persistence::database& inner() noexcept { return *inner_; }

    persistence::database_type type() const noexcept override { return inner_->type(); }
    persistence::durability durability() const noexcept override { return inner_->durability(); }
    const std::string& incarnation() const noexcept override { return inner_->incarnation(); }
    persistence::schema_versions schema() const noexcept override { return inner_->schema(); }
    bool hides_keys() const noexcept override { return inner_->hides_keys(); }
    bool completes_states() const noexcept override { return inner_->completes_states(); }

    persistence::store_health health() const noexcept override { return health_.value_or(inner_->health()); }

    task<persistence::commit_outcome> commit(persistence::change_set changes) override {
        if (std::exchange(breaking_, false)) throw std::bad_alloc();
        auto planned = take(commit_faults_, commits_++);
        auto other = take(faults_, operations_++);
        if (!planned) planned = other;
        auto performing = perform(inner_->commit(std::move(changes)), planned, commit_delay);
        auto outcome = co_await std::move(performing);
        if (holding_)
            co_await suspend<int>([this](completion<int> done) { held_.push_back(std::move(done)); });
        co_return outcome;
    }

    task<result<persistence::record>> read(persistence::record_id id) override {
        ++reads_;
        return unless_faulty(inner_->read(std::move(id)));
    }
    task<result<std::vector<persistence::record>>> scan(persistence::scan_request request) override {
        ++reads_;
        return unless_faulty(inner_->scan(std::move(request)));
    }
    task<result<persistence::session_row>> read_session(session_id id) override {
        ++reads_;
        return unless_faulty(inner_->read_session(std::move(id)));
    }
    task<result<std::vector<persistence::log_entry>>> read_log(persistence::session_key session,
                                                               std::uint64_t after, std::size_t max_events,
                                                               std::size_t max_bytes) override {
        ++reads_;
        ++log_reads_;
        return unless_faulty(inner_->read_log(session, after, max_events, max_bytes));
    }
    task<result<std::vector<persistence::log_entry>>> read_history(persistence::session_key session,
                                                                   persistence::log_position after,
                                                                   std::size_t limit) override {
        ++reads_;
        return unless_faulty(inner_->read_history(session, after, limit));
    }
    task<result<persistence::log_entry>> find_turn(persistence::session_key session, turn_id turn) override {
        ++reads_;
        return unless_faulty(inner_->find_turn(session, std::move(turn)));
    }
    task<result<std::vector<persistence::log_entry>>> latest_turns(persistence::session_key session,
                                                                   std::size_t limit) override {
        ++reads_;
        return unless_faulty(inner_->latest_turns(session, limit));
    }
    task<result<std::vector<persistence::record>>> walk_records(std::optional<persistence::record_id> after,
                                                                std::size_t limit) override {
        ++reads_;
        return unless_faulty(inner_->walk_records(std::move(after), limit));
    }
    task<result<std::vector<persistence::session_row>>> walk_sessions(session_id after,
                                                                      std::size_t limit) override {
        ++reads_;
        return unless_faulty(inner_->walk_sessions(std::move(after), limit));
    }
    task<error_code> transplant(persistence::transfer what) override {
        return perform(inner_->transplant(std::move(what)));
    }
    task<result<persistence::purged>> purge(utc_time expired_before, std::size_t limit) override {
        return perform(inner_->purge(expired_before, limit));
    }
    task<result<std::uint64_t>> size() override { return perform(inner_->size()); }
    task<error_code> compact() override { return perform(inner_->compact()); }
    task<error_code> back_up(std::string place) override {
        return perform(inner_->back_up(std::move(place)));
    }
    task<result<persistence::change_page>> read_changes(std::string after, std::size_t limit) override {
        ++reads_;
        return unless_faulty(inner_->read_changes(std::move(after), limit));
    }
    task<> close() override {
        if (std::exchange(breaking_close_, false)) throw std::bad_alloc();
        auto closing = inner_->close();
        co_await std::move(closing);
        if (is_delaying_) co_await pass_turns(longest_delay + 1); // behind every other answer
    }

private:
    static constexpr int commit_delay = 3; // turns of the loop; all the same, so that they keep their order
    static constexpr int longest_delay = 7;

    struct planned_fault {
        std::size_t at;
        persistence::errc error;
        fault when;
    };

    template <class T>
    task<result<T>> unless_faulty(task<result<T>> reading) {
        if (read_fault_) co_return *read_fault_;
        auto performing = perform(std::move(reading));
        auto answer = co_await std::move(performing);
        if (holding_reads_)
            co_await suspend<int>([this](completion<int> done) { held_reads_.push_back(std::move(done)); });
        co_return answer;
    }

    template <class T>
    task<T> perform(task<T> work) {
        auto turns = std::uniform_int_distribution(0, longest_delay)(random_);
        return perform(std::move(work), take(faults_, operations_++), turns);
    }

    /// Does the work as it was planned, and tells of it so many turns later.
    template <class T>
    task<T> perform(task<T> work, std::optional<planned_fault> planned, int turns) {
        T answer{};
        if (!planned || planned->when == fault::after_applying) answer = co_await std::move(work);
        if (planned) fail(answer, planned->error);
        if (is_delaying_) co_await pass_turns(turns);
        co_return answer;
    }

    static void fail(persistence::commit_outcome& answer, persistence::errc why) {
        answer = {};
        answer.error = why;
    }
    template <class Answer>
    static void fail(Answer& answer, persistence::errc why) {
        answer = why;
    }

    task<> pass_turns(int turns) {
        for (; turns > 0; --turns)
            co_await boost::asio::post(environment_.get_executor(), use_task);
    }

    static std::optional<planned_fault> take(std::vector<planned_fault>& from, std::size_t number) {
        for (auto at = from.begin(); at != from.end(); ++at) {
            if (at->at != number) continue;
            auto found = *at;
            from.erase(at);
            return found;
        }
        return std::nullopt;
    }

    environment& environment_;
    std::unique_ptr<persistence::database> inner_;
    std::vector<planned_fault> commit_faults_;
    std::vector<planned_fault> faults_;
    std::optional<persistence::errc> read_fault_;
    std::deque<completion<int>> held_;
    std::vector<completion<int>> held_reads_;
    std::minstd_rand random_;
    std::size_t operations_ = 0;
    std::size_t commits_ = 0;
    std::size_t reads_ = 0;
    std::size_t log_reads_ = 0;
    bool is_delaying_ = false;
    bool holding_ = false;
    bool holding_reads_ = false;
    bool breaking_ = false;
    bool breaking_close_ = false;
    std::optional<persistence::store_health> health_;
};

} // namespace rejoinder::tests
