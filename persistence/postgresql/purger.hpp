#pragma once

#include "persistence/postgresql/transaction.hpp"
#include "persistence/record.hpp"
#include "persistence/session_record.hpp"
#include "persistence/transfer.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace rejoinder::persistence::postgresql {

/// Removes a page of what has expired. Costs two looks at an index when nothing has.
class purger final : public transaction {
public:
    /// At most so many records and so many sessions.
    purger(utc_time expired_before, purged limit, utc_time now)
        : expired_before_(expired_before), limit_(limit), now_(now) {}

    std::vector<query> begin() override;
    std::vector<query> decide(const std::vector<rows>& answers, change_recorder& feed) override;

    const purged& gone() const noexcept { return gone_; }

    /// Whether something may be left beside what was removed. Of what is due some may turn out to live on.
    bool may_be_more() const noexcept { return may_be_more_; }

private:
    using expired_record = std::pair<record_id, revision>;
    using expired_session = std::pair<session_id, revision>;

    void take_records(const rows& found, std::vector<query>& queries);
    void take_sessions(const rows& found, std::vector<query>& queries);

    utc_time expired_before_;
    purged limit_;
    utc_time now_;
    purged gone_;
    bool may_be_more_ = false;
    std::vector<expired_record> records_;
    std::vector<expired_session> sessions_;
};

} // namespace rejoinder::persistence::postgresql
