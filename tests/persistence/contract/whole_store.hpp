#pragma once

#include "tests/persistence/contract/contract_store.hpp"

#include <optional>
#include <vector>

namespace rejoinder::tests {

/// A walk to its end, page by page.
inline std::vector<record> walk_records(contract_store& store, std::size_t page = 1000) {
    std::vector<record> met;
    std::optional<record_id> after;
    for (;;) {
        auto found = store.env.run(store.db->walk_records(after, page));
        REQUIRE(found);
        CHECK(found->size() <= page);
        if (found->empty()) return met;
        after = found->back().id;
        met.insert(met.end(), found->begin(), found->end());
    }
}

inline std::vector<session_row> walk_sessions(contract_store& store, std::size_t page = 1000) {
    std::vector<session_row> met;
    session_id after;
    for (;;) {
        auto found = store.env.run(store.db->walk_sessions(after, page));
        REQUIRE(found);
        CHECK(found->size() <= page);
        if (found->empty()) return met;
        after = found->back().id;
        met.insert(met.end(), found->begin(), found->end());
    }
}

inline std::vector<log_entry> history(contract_store& store, session_key key) {
    auto found = store.env.run(store.db->read_history(key, {}, 1000));
    REQUIRE(found);
    return *found;
}

inline purged purge(contract_store& store, utc_time expired_before, std::size_t limit = 1000) {
    auto gone = store.env.run(store.db->purge(expired_before, limit));
    REQUIRE(gone);
    return *gone;
}

inline constexpr auto hour = std::chrono::hours(1);

} // namespace rejoinder::tests
