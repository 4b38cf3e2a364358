// What a live session holds of the process's memory. An estimate that errs upwards: texts count by what they
// have reserved, values that were parsed by a multiple of their texts, and all else by a sum that was
// measured (tests/service/session_bytes_test.cpp measures again). The machine is shared by all its sessions
// and the log stays in the store, so neither counts.

#include "service/session.hpp"

#include <initializer_list>

namespace rejoinder::service {
namespace {

/// Of the session's own members, and what it knows of its user.
constexpr std::size_t own = sizeof(session) + 4'096;

/// Of its coroutines while it is at work; at rest it has none.
constexpr std::size_t of_work = 8'192;

/// The nodes of a JSON value, in memory, for each byte of its text: the shortest members cost the most.
constexpr std::size_t of_a_text = 10;

/// A message in the mailbox that is no turn.
constexpr std::size_t of_a_message = 1024;

std::size_t reserved(std::initializer_list<const std::string*> texts) {
    std::size_t sum = 0;
    for (const auto* text : texts)
        sum += text->capacity();
    return sum;
}

} // namespace

std::size_t session::bytes() const noexcept {
    const auto& row = ledger_.row();
    auto texts = reserved({&row.id.text, &row.account.text, &row.user, &row.device.text, &row.machine,
                           &row.machine_hash, &row.metadata, &row.owner_node});
    auto durable = texts + of_a_text * ledger_.stored_bytes();
    if (ledger_.committing()) durable *= 2; // the draft, and what goes to the store
    auto turns = queued_turns_ * sizeof(turn_request) + of_a_text * queued_bytes_;
    return own + (at_work_ ? of_work : 0) + durable + recent_.bytes() + turns +
           mailbox_.size() * (sizeof(session_message) + of_a_message);
}

} // namespace rejoinder::service
