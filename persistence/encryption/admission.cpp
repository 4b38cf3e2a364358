#include "persistence/encryption/admission.hpp"

#include "persistence/encryption/marker.hpp"
#include "persistence/encryption/sealed_text.hpp"

#include <utility>

namespace rejoinder::persistence::encryption {
namespace {

constexpr std::size_t page = 1000;

/// What becomes of one page of the walk.
struct moves {
    transfer sealed;
    change_set erased; ///< where they stood before
};

/// Only what was sealed here opens, so what looks sealed and does not is a plain value.
void plan(record stored, const vault& sealing, moves& into) {
    bool is_personal = sealing.has_personal_key(stored.id.type);
    bool looks_sealed = read_sealed(stored.value).has_value();
    if (is_marker(stored.id) || (!is_personal && !looks_sealed) || sealing.opens(stored)) return;
    auto before = stored.id;
    sealing.seal(stored);
    if (stored.id != before) into.erased.writes.emplace_back().id = std::move(before);
    into.sealed.records.push_back(std::move(stored));
}

} // namespace

task<error_code> admit(database* store, const vault* sealing, utc_time now) {
    std::optional<record_id> after;
    for (;;) {
        auto walking = store->walk_records(after, page);
        auto found = co_await std::move(walking);
        if (!found) co_return found.error();
        if (found->empty()) co_return error_code();
        after = found->back().id;

        moves planned;
        planned.erased.now = now;
        for (auto& one : *found)
            plan(std::move(one), *sealing, planned);
        if (planned.sealed.records.empty()) continue;
        auto putting = store->transplant(std::move(planned.sealed));
        if (auto problem = co_await std::move(putting)) co_return problem;
        auto erasing = store->commit(std::move(planned.erased));
        auto outcome = co_await std::move(erasing);
        if (!outcome.committed()) co_return outcome.error;
    }
}

} // namespace rejoinder::persistence::encryption
