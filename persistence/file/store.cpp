#include "persistence/file/store.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace rejoinder::persistence::file {
namespace {

/// Below this a journal is read in no time, so that a snapshot of it saves nothing.
constexpr std::uint64_t least_journal = 4 << 20;

constexpr std::string_view put_aside_prefix = "damaged-";

/// A name beside the store's own, which no file has.
std::string put_aside(disk& folder, const std::string& name) {
    for (int number = 1;; ++number) {
        auto aside = std::string(put_aside_prefix) + std::to_string(number) + '-' + name;
        if (!folder.exists(aside)) return aside;
    }
}

/// Copies what is behind `from` into a file of its own.
std::string keep_tail(disk& folder, const std::string& name, std::uint64_t from) {
    auto aside = put_aside(folder, name);
    auto to = folder.create(aside);
    auto of = folder.read(name);
    std::string buffer(1 << 16, '\0');
    std::uint64_t position = 0;
    while (auto count = of->read(buffer)) {
        auto skipped = std::min<std::uint64_t>(count, from > position ? from - position : 0);
        to->append(std::string_view(buffer).substr(skipped, count - skipped));
        position += count;
    }
    to->sync();
    return aside;
}

/// The journal of the latest generation; one that never got its header whole begins anew.
journal resume_journal(disk& folder, const recovered& from, std::vector<std::string>& notes) {
    auto name = name_of(part::journal, from.header.generation);
    if (from.journal == 0) {
        if (folder.exists(name)) folder.remove(name);
        return journal::begin(folder, from.header);
    }
    if (from.torn > 0) {
        auto aside = keep_tail(folder, name, from.journal);
        notes.push_back(name + " ended in " + std::to_string(from.torn) +
                        " bytes that were never written whole; they were cut off and are in " + aside);
    }
    return journal::resume(folder, from.header, from.journal, from.commits);
}

/// Takes the beginning of a journal back, so that the one before is the latest again: for good, as recovery
/// would refuse what comes into that one behind the beginning of another.
void undo_journal(disk& folder, std::uint64_t generation) {
    try {
        auto name = name_of(part::journal, generation);
        if (folder.exists(name)) folder.remove(name);
        folder.sync_names();
    } catch (const std::system_error& broken) {
        throw failure(errc::unavailable, std::string("a journal cannot be taken back: ") + broken.what());
    }
}

/// Begins the next generation's journal, or leaves the folder as it was and throws `std::system_error`.
journal begin_journal(disk& folder, const generation_header& header) {
    try {
        return journal::begin(folder, header);
    } catch (const std::system_error&) {
        undo_journal(folder, header.generation);
        throw;
    }
}

/// The latest snapshot in front of a generation; the generation itself when there is none.
std::uint64_t snapshot_before(disk& folder, std::uint64_t generation) {
    std::optional<std::uint64_t> latest;
    for (const auto& name : folder.list()) {
        auto found = generation_of(part::snapshot, name);
        if (found && *found < generation) latest = std::max(latest.value_or(0), *found);
    }
    return latest.value_or(generation);
}

void remove_generations_before(disk& folder, std::uint64_t first) {
    for (const auto& name : folder.list())
        for (auto kind : {part::snapshot, part::journal})
            if (auto generation = generation_of(kind, name); generation && *generation < first)
                folder.remove(name);
    folder.sync_names();
}

} // namespace

store::store(disk& folder, const std::string& new_incarnation, std::vector<std::string>& notes,
             const size_bounds& sizes)
    : store(folder,
            holds_store(folder) ? resume(folder, recover(folder), notes) : create(folder, new_incarnation)) {
    tables_.bound_reads(sizes.read);
}

store::store(disk& folder, opened now)
    : folder_(folder),
      tables_(std::move(now.tables)),
      journal_(std::move(now.continued)),
      flushed_(journal_.size()),
      found_version_(now.found_version) {}

/// The journal first: while there is no snapshot, an empty journal shows that nothing has happened yet.
store::opened store::create(disk& folder, const std::string& incarnation) {
    generation_header first{incarnation, 1, 0};
    auto name = name_of(part::journal, 1);
    if (folder.exists(name)) folder.remove(name);
    memory_tables nothing;
    auto begun = journal::begin(folder, first);
    write_snapshot(folder, first, nothing);
    return {std::move(nothing), std::move(begun), 0};
}

store::opened store::resume(disk& folder, recovered from, std::vector<std::string>& notes) {
    auto continued = resume_journal(folder, from, notes);
    for (const auto& damaged : from.damaged) {
        auto aside = put_aside(folder, damaged);
        folder.rename(damaged, aside);
        auto& note = notes.emplace_back(damaged);
        note += " is damaged and was moved to ";
        note += aside;
        note += "; an older snapshot and the journals hold everything that was in it";
    }
    if (!from.damaged.empty()) folder.sync_names();
    bool is_old = from.header.version < format_version;
    if (from.snapshot == from.header.generation && !is_old)
        return {std::move(from.tables), std::move(continued), from.header.version};
    generation_header next{from.header.incarnation, from.header.generation + 1, continued.commits()};
    try {
        // The snapshot first: a generation that cannot have one need not begin.
        prepare_snapshot(folder, next, from.tables);
        continued = begin_journal(folder, next);
        publish_snapshot(folder, next.generation);
    } catch (const std::system_error& broken) {
        discard_snapshot(folder, next.generation);
        if (is_old) throw; // its journal may not be gone on with
        notes.push_back(std::string("no snapshot could be made (") + broken.code().message() +
                        "); an older one and the journals hold everything");
    }
    return {std::move(from.tables), std::move(continued), from.header.version};
}

commit_outcome store::commit(change_set changes, utc_time now) {
    auto outcome = tables_.judge(changes, now);
    if (outcome.committed() && !journal_.add(changes, now)) outcome.error = errc::too_large;
    if (!outcome.committed()) return outcome;
    return tables_.commit(std::move(changes), now);
}

error_code store::transplant(transfer what, utc_time now) {
    if (auto problem = tables_.judge(what)) return problem;
    if (!journal_.add(what, now)) return errc::too_large;
    return tables_.transplant(std::move(what), now);
}

purged store::purge(utc_time expired_before, std::size_t limit, utc_time now) {
    auto gone = tables_.purge(expired_before, limit, now);
    if (gone.records > 0 || gone.sessions > 0) journal_.add(purge_order{expired_before, limit}, now);
    return gone;
}

void store::forget_removals(utc_time now) {
    tables_.forget_removals();
    journal_.add(feed_cut(), now);
}

void store::flush() {
    if (journal_.size() == flushed_) return;
    journal_.sync();
    flushed_ = journal_.size();
}

bool store::is_due() const {
    auto grown = journal_.size() - tried_at_;
    if (grown < least_journal) return false;
    auto snapshot = name_of(part::snapshot, generation());
    if (!folder_.exists(snapshot)) // it failed; as much as the one before is worth another attempt
        snapshot = name_of(part::snapshot, snapshot_before(folder_, generation()));
    return !folder_.exists(snapshot) || grown >= folder_.size(snapshot);
}

std::uint64_t store::begin_generation() {
    auto complete = generation();
    tried_at_ = journal_.size();
    journal_ = begin_journal(folder_, {incarnation(), complete + 1, commits()});
    flushed_ = journal_.size();
    tried_at_ = 0;
    return complete;
}

/// The snapshot before the one that was made is kept, with its journals: a single damaged one loses nothing.
void store::finish_generation(disk& folder, std::uint64_t complete) {
    make_snapshot(folder, complete);
    remove_generations_before(folder, snapshot_before(folder, complete + 1));
}

void store::tidy(disk& folder) {
    std::uint64_t latest = 0;
    for (const auto& name : folder.list()) {
        if (name.ends_with(unfinished)) folder.remove(name);
        if (auto generation = generation_of(part::snapshot, name)) latest = std::max(latest, *generation);
    }
    remove_generations_before(folder, snapshot_before(folder, latest));
}

void store::remove_all_before(disk& folder, std::uint64_t complete) {
    read_snapshot(folder, complete + 1);
    for (const auto& name : folder.list()) {
        bool is_old = name.starts_with(put_aside_prefix) || name.ends_with(unfinished);
        for (auto kind : {part::snapshot, part::journal})
            if (auto generation = generation_of(kind, name)) is_old = *generation <= complete;
        if (is_old) folder.remove(name);
    }
    folder.sync_names();
}

void store::copy(disk& folder, std::uint64_t complete, disk& into) {
    auto read = read_snapshot(folder, complete + 1);
    auto header = read.header;
    header.generation = 1;
    journal::begin(into, header);
    write_snapshot(into, header, read.tables);
}

std::uint64_t store::size(disk& folder) {
    std::uint64_t sum = 0;
    for (const auto& name : folder.list()) {
        try {
            sum += folder.size(name);
        } catch (const std::system_error&) { // it was removed meanwhile
        }
    }
    return sum;
}

void store::try_writing() {
    const std::string name = "trial";
    if (folder_.exists(name)) folder_.remove(name);
    auto file = folder_.create(name);
    file->append(std::string(4096, '\n'));
    file->sync();
    folder_.remove(name);
}

void store::cut(disk& folder, std::uint64_t generation, std::uint64_t flushed) {
    auto file = folder.open(name_of(part::journal, generation));
    file->truncate(flushed);
    file->sync();
}

} // namespace rejoinder::persistence::file
