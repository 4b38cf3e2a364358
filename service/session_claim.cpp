#include "service/session_claim.hpp"

#include "service/attachment.hpp"

namespace rejoinder::service {

std::optional<refusal> problem_of(const attach_request& claim, const persistence::session_row& row,
                                  const device_records* devices, const std::string& epoch, utc_time now) {
    bool stored = row.key != persistence::session_key{};
    if (row.account != claim.account || (stored && row.expires <= now)) return refusal::unknown;
    if (!devices) return std::nullopt;
    auto known = devices->find(claim.who->device());
    // A client of another lineage (a restored backup) can't hold a token of this one: its credentials
    // suffice.
    bool same_lineage = !claim.position.epoch || *claim.position.epoch == epoch;
    if (claim.resume && same_lineage &&
        (known == devices->end() ||
         known->second.tokens_for(claim.who->mode()).find(*claim.resume, now) == resume_tokens::match::none))
        return refusal::identity;
    if (known == devices->end() && devices->size() >= max_devices) return refusal::devices;
    return std::nullopt;
}

} // namespace rejoinder::service
