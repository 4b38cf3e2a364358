#include "persistence/rules.hpp"

#include <algorithm>
#include <tuple>

namespace rejoinder::persistence::rules {
namespace {

template <class... Texts>
void add(text_sizes& sizes, const Texts&... texts) noexcept {
    ((sizes.largest = std::max(sizes.largest, texts.size()), sizes.total += texts.size()), ...);
}

void add_texts(text_sizes& sizes, const record_id& id) noexcept {
    const auto& owner = id.scope;
    add(sizes, id.type, owner.account, owner.loop, owner.device, owner.person, id.key);
}

void add_texts(text_sizes& sizes, const session_row& row) noexcept {
    add(sizes, row.id.text, row.account.text, row.loop, row.device.text, row.person, row.user);
    add(sizes, row.machine, row.machine_hash, row.owner_node, row.state, row.devices, row.metadata);
}

void add_texts(text_sizes& sizes, const log_entry& entry) noexcept {
    add(sizes, entry.turn.text, entry.device.text, entry.status, entry.digest);
    add(sizes, entry.input, entry.outcome, entry.events, entry.messages);
}

template <class Read>
std::size_t total_of(const Read& found) noexcept {
    text_sizes sizes;
    add_texts(sizes, found);
    return sizes.total;
}

} // namespace

text_sizes measure(const change_set& changes) noexcept {
    text_sizes sizes;
    if (changes.session) {
        add_texts(sizes, changes.session->row);
        sizes.largest = std::max(sizes.largest, size_of_whole_state(*changes.session));
        if (changes.session->append) add_texts(sizes, *changes.session->append);
    }
    for (const auto& write : changes.writes) {
        add_texts(sizes, write.id);
        if (write.value) add(sizes, *write.value);
    }
    for (const auto& removal : changes.removals)
        add(sizes, removal.id.text);
    return sizes;
}

text_sizes measure(const transfer& what) noexcept {
    text_sizes sizes;
    for (const auto& one : what.records) {
        add_texts(sizes, one.id);
        add(sizes, one.value);
    }
    for (const auto& session : what.sessions) {
        add_texts(sizes, session.row);
        for (const auto& entry : session.entries)
            add_texts(sizes, entry);
    }
    return sizes;
}

std::size_t size_of_whole_state(const session_change& change) noexcept {
    return change.row.state.size() + (change.said ? change.said->size : 0);
}

error_code judge_states(const change_set& changes, bool store_completes_states) noexcept {
    if (!changes.session || !changes.session->said) return {};
    const auto& change = *changes.session;
    bool log_has_it = change.expected && change.said->since.last >= change.row.floor;
    bool has_place = change.said->begin <= change.row.state.size();
    return store_completes_states && log_has_it && has_place ? error_code() : errc::unsupported;
}

error_code judge_size(const text_sizes& sizes, const size_bounds& bounds) noexcept {
    return sizes.largest > bounds.text ? errc::too_large : error_code();
}

error_code judge_size(const change_set& changes, const size_bounds& bounds) noexcept {
    return judge_size(measure(changes), bounds);
}

error_code judge_size(const transfer& what, const size_bounds& bounds) noexcept {
    auto sizes = measure(what);
    return sizes.total > bounds.transfer ? errc::too_large : judge_size(sizes, bounds);
}

std::size_t size_of(const record& found) noexcept {
    return total_of(found.id) + found.value.size();
}
std::size_t size_of(const session_row& found) noexcept {
    return total_of(found);
}
std::size_t size_of(const log_entry& found) noexcept {
    return total_of(found);
}
std::size_t size_of(const change& found) noexcept {
    return (found.record ? total_of(*found.record) : 0) + found.session.text.size();
}
std::size_t size_of(const change_page& found) noexcept {
    std::size_t sum = 0;
    for (const auto& one : found.changes)
        sum += size_of(one);
    return sum;
}

error_code judge(const session_change& change, const std::optional<session_fence>& standing) noexcept {
    if (!change.expected) return standing ? errc::conflict : error_code();
    if (!standing) return errc::not_found;
    if (standing->owner_generation != change.expected->owner_generation) return errc::fenced;
    if (standing->revision != change.expected->revision) return errc::conflict;
    return {};
}

bool holds(const record_write& write, revision standing) noexcept {
    switch (write.mode) {
    case write_mode::create_only:
        return standing == revision{};
    case write_mode::if_revision:
        return standing == write.expected;
    case write_mode::upsert:
        return true;
    }
    return false;
}

bool alive(std::optional<utc_time> expires, utc_time now) noexcept {
    return !expires || now < *expires;
}

bool walk_order::operator()(const record_id& a, const record_id& b) const noexcept {
    auto place = [](const record_id& id) {
        const auto& owner = id.scope;
        return std::tie(owner.account, id.type, owner.loop, owner.device, owner.person, id.key);
    };
    return place(a) < place(b);
}

std::size_t bounded_scan(std::size_t limit) noexcept {
    return std::clamp<std::size_t>(limit, 1, 1000);
}

bool holds_event_above(const log_entry& entry, std::uint64_t after) noexcept {
    return entry.last > after && entry.last >= entry.first && entry.events != "[]";
}

bool log_budget::take(const log_entry& entry) noexcept {
    auto events = entry.last - std::max(entry.first - 1, after_);
    auto bytes = entry.events.size();
    bool fits = events <= events_left_ && bytes <= bytes_left_;
    if (!fits && !first_) return false;
    first_ = false;
    events_left_ -= std::min(events, events_left_);
    bytes_left_ -= std::min(bytes, bytes_left_);
    return true;
}

} // namespace rejoinder::persistence::rules
