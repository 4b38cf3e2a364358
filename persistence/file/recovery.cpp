#include "persistence/file/recovery.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace rejoinder::persistence::file {
namespace {

/// The generations of which there is a file of that kind, latest first.
std::vector<std::uint64_t> generations(disk& folder, part kind) {
    std::vector<std::uint64_t> found;
    for (const auto& name : folder.list())
        if (auto generation = generation_of(kind, name)) found.push_back(*generation);
    std::ranges::sort(found, std::greater<>());
    return found;
}

/// A journal that holds nothing but its first line, if that.
bool is_unused(disk& folder, std::uint64_t generation) {
    line_reader lines(folder.read(name_of(part::journal, generation)));
    return !lines.next() || !lines.next();
}

/// A journal whose writer was interrupted before its first line was on the disk: nobody has used it.
bool was_never_begun(disk& folder, std::uint64_t generation) {
    auto name = name_of(part::journal, generation);
    line_reader lines(folder.read(name));
    auto first = lines.next();
    if (!first) return true;
    bool intact = lines.is_whole() && unseal(*first);
    return !intact && !lines.next();
}

/// Does again what a line of the journal says; false when it does not follow on the tables.
bool repeat(journal_entry entry, memory_tables& on) {
    if (auto* changes = std::get_if<change_set>(&entry.what))
        return on.commit(std::move(*changes), entry.now).committed();
    if (auto* what = std::get_if<transfer>(&entry.what)) return !on.transplant(std::move(*what), entry.now);
    if (const auto* purge = std::get_if<purge_order>(&entry.what))
        on.purge(purge->expired_before, purge->limit, entry.now);
    else
        on.forget_removals();
    return true;
}

/// Applies a journal to the tables that it follows on.
journal_end replay(disk& folder, std::uint64_t generation, recovered& into) {
    auto name = name_of(part::journal, generation);
    auto end = read_journal(folder, generation, [&](journal_entry entry) {
        auto number = entry.number;
        if (!repeat(std::move(entry), into.tables))
            throw failure(errc::corrupt, name + " does not follow on what stands before it, in commit " +
                                             std::to_string(number));
    });
    if (end.header.generation != generation || end.header.incarnation != into.header.incarnation ||
        end.header.commits != into.commits)
        throw failure(errc::corrupt, name + " does not follow on what stands before it");
    return end;
}

/// The latest intact snapshot of a generation up to `last`. Damaged ones are noted; the reason of the last
/// one is thrown when none is left.
recovered begin_with_snapshot(disk& folder, std::uint64_t last) {
    recovered store;
    auto candidates = generations(folder, part::snapshot);
    std::erase_if(candidates, [last](std::uint64_t generation) { return generation > last; });
    if (candidates.empty())
        throw failure(errc::corrupt, "there is a journal and no snapshot that it follows on");
    for (auto generation : candidates) {
        try {
            auto read = read_snapshot(folder, generation);
            store.tables = std::move(read.tables);
            store.header = std::move(read.header);
            store.commits = store.header.commits;
            store.snapshot = generation;
            return store;
        } catch (const failure& broken) {
            if (broken.code() != errc::corrupt || generation == candidates.back()) throw;
            store.damaged.push_back(name_of(part::snapshot, generation));
        }
    }
    return store;
}

} // namespace

bool holds_store(disk& folder) {
    if (!generations(folder, part::snapshot).empty()) return true;
    auto journals = generations(folder, part::journal);
    return journals.size() > 1 || (journals.size() == 1 && !is_unused(folder, journals.front()));
}

recovered recover(disk& folder) {
    auto store = begin_with_snapshot(folder, std::numeric_limits<std::uint64_t>::max());
    auto journals = generations(folder, part::journal);
    auto latest = journals.empty() ? store.snapshot : std::max(journals.front(), store.snapshot);
    for (auto generation = store.snapshot; generation <= latest; ++generation) {
        bool is_latest = generation == latest;
        store.header.generation = generation;
        store.header.commits = store.commits;
        store.journal = 0;
        if (std::ranges::find(journals, generation) == journals.end()) {
            throw failure(errc::corrupt, name_of(part::journal, generation) + " is missing");
        }
        if (is_latest && was_never_begun(folder, generation)) break;
        auto end = replay(folder, generation, store);
        if (end.torn > 0 && !is_latest)
            throw failure(errc::corrupt, name_of(part::journal, generation) + " ends too early");
        store.journal = end.size;
        store.commits = end.commits;
        store.torn = end.torn;
        store.header.version = std::min(store.header.version, end.header.version);
    }
    return store;
}

void make_snapshot(disk& folder, std::uint64_t complete) {
    auto store = begin_with_snapshot(folder, complete);
    for (auto generation = store.snapshot; generation <= complete; ++generation)
        store.commits = replay(folder, generation, store).commits;
    store.header.generation = complete + 1;
    store.header.commits = store.commits;
    write_snapshot(folder, store.header, store.tables);
}

} // namespace rejoinder::persistence::file
