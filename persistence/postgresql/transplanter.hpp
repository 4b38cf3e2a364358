#pragma once

#include "persistence/postgresql/session_table.hpp"
#include "persistence/postgresql/transaction.hpp"
#include "persistence/result.hpp"
#include "persistence/transfer.hpp"

#include <map>
#include <string_view>

namespace rejoinder::persistence::postgresql {

/// Puts in place what comes from another store.
class transplanter final : public transaction {
public:
    /// The transfer is within its bounds and outlives this.
    transplanter(const transfer& what, utc_time now) : what_(what), now_(now) {}

    std::vector<query> begin() override;
    std::vector<query> decide(const std::vector<rows>& answers, change_recorder& feed) override;

    /// `not_found` when nothing was written, as a session is not there that a further part belongs to.
    error_code verdict() const noexcept { return verdict_; }

private:
    /// A session that parts belong to, with the revision that it has after those so far.
    struct place {
        session_key key;
        rejoinder::revision revision;
        bool is_new = false;
    };

    std::vector<query> restate() const;
    bool find_places(const std::vector<rows>& answers);
    void put(std::vector<query>& queries, const moved_session& one);

    const transfer& what_;
    utc_time now_;
    error_code verdict_;
    std::map<std::string_view, place> places_;
};

} // namespace rejoinder::persistence::postgresql
