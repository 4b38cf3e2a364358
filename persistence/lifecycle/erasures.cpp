#include "persistence/lifecycle/erasures.hpp"

#include "persistence/hash.hpp"
#include "persistence/lifecycle/pages.hpp"
#include "persistence/stores/tombstone.hpp"
#include "persistence/stores/topology_records.hpp"

#include <algorithm>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t most_erasures = 100'000;
constexpr std::size_t page_size = 1000;

erased_kind kind_of(const subject& who) noexcept {
    switch (who.what) {
    case subject::kind::account:
        return erased_kind::account;
    case subject::kind::user:
        return erased_kind::user;
    case subject::kind::person:
        return erased_kind::person;
    case subject::kind::session:
        return erased_kind::session;
    }
    return erased_kind::account;
}

} // namespace

/// No id holds a line break, so that no two subjects give the same bytes.
std::string erasures::hash_of(const subject& who) {
    return sha256_hex("rejoinder erasure\n" + std::string(to_string(who.what)) + "\n" + who.account + "\n" +
                      who.id);
}

void erasures::add(std::string hash, utc_time until) {
    auto [at, is_new] = until_.emplace(std::move(hash), until);
    if (!is_new) at->second = std::max(at->second, until);
}

void erasures::add(const erasures& others) {
    for (const auto& [hash, until] : others.until_)
        add(hash, until);
    sessions_.insert(others.sessions_.begin(), others.sessions_.end());
}

void erasures::add_session(std::string id) {
    sessions_.insert(std::move(id));
}

bool erasures::cover(const record& one) const {
    if (empty()) return false;
    if (cover(subjects_of(one), one.created)) return true;
    auto session = session_of(one);
    if (session.empty()) return false;
    return sessions_.contains(session) || cover(subject{subject::kind::session, "", session}, one.created);
}

bool erasures::cover(const session_row& one) const {
    if (empty()) return false;
    return cover(subjects_of(one), one.created) ||
           cover(subject{subject::kind::session, "", one.id.text}, one.created);
}

bool erasures::cover(const subject& who, utc_time made) const {
    auto found = until_.find(hash_of(who));
    return found != until_.end() && made <= found->second;
}

std::optional<std::string> erasures::mended_value(const record& one) const {
    if (empty() || one.id.type != loop_record::shape.type) return std::nullopt;
    json value;
    if (parse_value(one, loop_record::shape, value)) return std::nullopt;
    const auto* owner = find_pointer(value, "/owner");
    if (!owner || !owner->is_string()) return std::nullopt;
    subject who{subject::kind::person, one.id.scope.account, owner->get<std::string>()};
    if (!cover(who, one.created)) return std::nullopt;
    value.erase("owner");
    return to_text(value);
}

bool erasures::cover(const std::vector<subject>& whom, utc_time made) const {
    return std::ranges::any_of(whom, [&](const subject& who) { return cover(who, made); });
}

task<result<erasures>> load_erasures(database* of) {
    erasures found;
    records_of<tombstone_record> tombstones(*of, scope());
    std::string after;
    do {
        auto listing = tombstones.list("", after, page_size);
        auto page = co_await std::move(listing);
        if (!page) co_return page.error();
        for (const auto& one : page->records)
            found.add(one.key, one.value.erased);
        if (found.size() > most_erasures) co_return errc::too_large;
        after = page->next;
    } while (!after.empty());
    co_return found;
}

task<error_code> add_erased_sessions(database* of, erasures* to) {
    if (to->empty()) co_return error_code();
    cursor<session_pages> sessions{session_pages(*of)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) co_return error_code();
        if (to->cover(*row)) to->add_session(row->id.text);
        if (to->sessions() > most_erasures) co_return errc::too_large;
    }
}

record_write make_tombstone(const subject& who, utc_time now) {
    tombstone_record value;
    value.kind = kind_of(who);
    value.erased = now;
    // It was made here, within its schema.
    record_id id{std::string(tombstone_record::shape.type), scope(), erasures::hash_of(who)};
    auto write = conditional(std::move(id), std::nullopt);
    json written;
    auto walk = record_walk::writing(written);
    describe(walk, value);
    write.value = to_text(written);
    write.schema_version = tombstone_record::shape.schema_version;
    return write;
}

} // namespace rejoinder::persistence::lifecycle
