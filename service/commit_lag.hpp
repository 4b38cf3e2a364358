#pragma once

#include "persistence/time.hpp"

namespace rejoinder::service {

/// How far commits lag behind: what one that is submitted now would wait for its answer, told from those that
/// are under way and from how long the latest took. Pure: whoever asks says what time it is.
///
/// Commits wait behind each other, so as long as any is under way the next one takes about as long as the
/// latest did, and no less than the oldest has waited already. When none is under way there is nothing to
/// wait behind, and what the last ones took says nothing any more: a disk that hung for a while is no reason
/// to refuse anything afterwards.
///
/// One thread. Taking the time of a commit costs no allocation.
class commit_lag {
public:
    /// One commit, from its submission to its answer; it lives where the commit is awaited.
    class timing {
    public:
        /// `of` may be null: then nothing is measured.
        timing(commit_lag* of, steady_time submitted) noexcept;
        timing(const timing&) = delete;
        timing& operator=(const timing&) = delete;
        /// One that was not `done` was refused or given up: nothing is learnt from how long that took.
        ~timing() { leave(); }

        /// It is durable.
        void done(steady_time now) noexcept;

    private:
        friend class commit_lag;
        bool leave() noexcept;

        commit_lag* of_;
        steady_time submitted_;
        timing* before_ = nullptr;
        timing* behind_ = nullptr;
    };

    commit_lag() = default;
    commit_lag(const commit_lag&) = delete;
    commit_lag& operator=(const commit_lag&) = delete;
    /// May go before the commits that it measures.
    ~commit_lag();

    /// Zero when none is under way.
    milliseconds wait(steady_time now) const noexcept;

private:
    // In the order in which they were submitted.
    timing* oldest_ = nullptr;
    timing* youngest_ = nullptr;
    milliseconds latest_{0}; ///< what the latest took; since one was under way without a break
};

} // namespace rejoinder::service
