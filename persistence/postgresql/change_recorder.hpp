#pragma once

#include "persistence/change_feed.hpp"
#include "persistence/postgresql/connection.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Collects what a transaction changes, in order, and appends it to the feed at the transaction's end.
///
/// Positions are counted in one row, which the transaction locks as the last thing that it does before it
/// commits. Whoever commits next waits for that lock and counts on, so that what is visible has no gap, and
/// nothing appears later in front of what was read. What is rolled back has used no number.
///
/// It keeps no names: what it was told of outlives it.
class change_recorder {
public:
    void put(const record_id& id, revision now, utc_time at);
    void put(const session_id& id, revision now, utc_time at);
    void removed(const record_id& id, revision last, utc_time at);
    void removed(const session_id& id, revision last, utc_time at);

    std::size_t size() const noexcept { return at_.size(); }

    /// The statement that appends them; none when there are none.
    void write(std::vector<query>& queries) const;

private:
    void add(const record_id& id, revision number, utc_time at, std::int64_t removed);
    void add(const session_id& id, revision number, utc_time at, std::int64_t removed);
    void add(std::array<std::string_view, 6> names, std::int64_t session, revision number, utc_time at,
             std::int64_t removed);

    std::vector<std::int64_t> at_;
    std::vector<std::int64_t> revisions_;
    std::vector<std::int64_t> sessions_;
    std::vector<std::int64_t> removals_;
    std::array<std::vector<std::string_view>, 6> names_; // account, type, loop, device, person, key
};

/// Lets go of what the feed need not keep.
void forget_old_changes(std::vector<query>& queries);

/// Changes of one program after which it looks at what the feed need not keep.
inline constexpr std::size_t changes_between_looks = 1000;

/// The feed begins behind the latest removal then: up to there it names what is gone.
void forget_removals(std::vector<query>& queries);

} // namespace rejoinder::persistence::postgresql
