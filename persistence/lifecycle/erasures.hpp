#pragma once

#include "persistence/database.hpp"
#include "persistence/lifecycle/subject.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace rejoinder::persistence::lifecycle {

/// Whose data has been erased, known by hashes alone, and when: what was made up to then must not be there,
/// wherever it comes from.
class erasures {
public:
    /// SHA-256 of a subject; the key of its tombstone.
    static std::string hash_of(const subject& who);

    void add(std::string hash, utc_time until);
    void add(const erasures& others);

    /// A session that is covered: with it goes what is kept for it, whoever's that is.
    void add_session(std::string id);

    bool cover(const record& one) const;
    bool cover(const session_row& one) const;
    bool cover(const subject& who, utc_time made) const;

    /// The value of a record of somebody else that names one who was erased (a loop, its owner), without
    /// that; nothing when it names none.
    std::optional<std::string> mended_value(const record& one) const;

    bool empty() const noexcept { return until_.empty(); }
    std::size_t size() const noexcept { return until_.size(); }
    std::size_t sessions() const noexcept { return sessions_.size(); }

private:
    bool cover(const std::vector<subject>& whom, utc_time made) const;

    std::map<std::string, utc_time> until_;
    std::set<std::string, std::less<>> sessions_;
};

/// Those that a store's tombstones tell of; at most 100,000, beyond that `too_large`. The database outlives
/// the task.
task<result<erasures>> load_erasures(database* of);

/// Adds the sessions of a store that are covered; at most 100,000, beyond that `too_large`. Both outlive the
/// task.
task<error_code> add_erased_sessions(database* of, erasures* to);

/// The tombstone for a subject.
record_write make_tombstone(const subject& who, utc_time now);

} // namespace rejoinder::persistence::lifecycle
