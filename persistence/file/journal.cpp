#include "persistence/file/journal.hpp"

#include <utility>

namespace rejoinder::persistence::file {
namespace {

document to_document(const purge_order& purge) {
    return {{"expired_before", to_unix(purge.expired_before)}, {"limit", purge.limit}};
}

std::optional<purge_order> to_purge(const document& from) {
    if (!from.is_object()) return std::nullopt;
    return purge_order{from_unix(from.value("expired_before", std::int64_t(0))),
                       from.value("limit", std::size_t(0))};
}

std::optional<feed_cut> to_feed_cut(const document&) {
    return feed_cut();
}

/// Takes what a line holds under one of the kinds; false when that is not there or not whole.
template <class Read>
bool take(const document& line, const char* kind, Read read, journal_entry& into) {
    auto found = line.find(kind);
    if (found == line.end()) return false;
    auto what = read(*found);
    if (what) into.what = std::move(*what);
    return what.has_value();
}

std::optional<journal_entry> to_entry(const document& line) {
    if (!line.is_object()) return std::nullopt;
    journal_entry entry;
    entry.number = line.value("n", std::uint64_t(0));
    entry.synced = line.value("synced", std::uint64_t(0));
    entry.now = from_unix(line.value("at", std::int64_t(0)));
    bool is_whole = take(line, "set", to_change_set, entry) || take(line, "transplant", to_transfer, entry) ||
                    take(line, "purge", to_purge, entry) || take(line, "cut_feed", to_feed_cut, entry);
    if (!is_whole) return std::nullopt;
    return entry;
}

} // namespace

journal::journal(std::unique_ptr<output> file, generation_header header, std::uint64_t size,
                 std::uint64_t commits)
    : file_(std::move(file)),
      header_(std::move(header)),
      size_(size),
      commits_(commits),
      synced_commits_(commits) {}

journal journal::begin(disk& folder, const generation_header& header) {
    auto first = header_line(part::journal, header);
    auto file = folder.create(name_of(part::journal, header.generation));
    file->append(first);
    file->sync();
    folder.sync_names();
    return {std::move(file), header, first.size(), header.commits};
}

journal journal::resume(disk& folder, const generation_header& header, std::uint64_t size,
                        std::uint64_t commits) {
    auto file = folder.open(name_of(part::journal, header.generation));
    file->truncate(size);
    file->sync();
    return {std::move(file), header, size, commits};
}

bool journal::add(const purge_order& purge, utc_time now) {
    return add("purge", file::to_document(purge), now);
}

bool journal::add(std::string_view kind, document what, utc_time now) {
    auto line = seal(to_line({{"n", commits_ + 1},
                              {"synced", synced_commits_},
                              {"at", to_unix(now)},
                              {std::string(kind), std::move(what)}}));
    if (line.size() > longest_line) return false;
    ++commits_;
    size_ += line.size();
    pending_ += line;
    return true;
}

void journal::sync() {
    file_->append(std::exchange(pending_, {}));
    file_->sync();
    synced_commits_ = commits_;
}

journal_end read_journal(disk& folder, std::uint64_t generation,
                         const std::function<void(journal_entry)>& take) {
    auto name = name_of(part::journal, generation);
    line_reader lines(folder.read(name));
    journal_end end;
    end.header = read_header(part::journal, name, lines);
    end.size = lines.end();
    end.commits = end.header.commits;
    std::uint64_t damaged = 0; // number of the first damaged line
    while (auto line = lines.next()) {
        auto found = lines.is_whole() ? unseal(*line) : std::nullopt;
        auto entry = found ? to_entry(*found) : std::nullopt;
        if (!entry) {
            if (damaged == 0) damaged = lines.number();
            continue;
        }
        if (damaged != 0) {
            if (entry->synced <= end.commits) continue;
            throw failure(errc::corrupt, name + " is damaged in line " + std::to_string(damaged));
        }
        if (entry->number != end.commits + 1)
            throw failure(errc::corrupt,
                          name + " misses lines in front of line " + std::to_string(lines.number()));
        end.commits = entry->number;
        end.size = lines.end();
        take(std::move(*entry));
    }
    end.torn = lines.end() - end.size;
    return end;
}

} // namespace rejoinder::persistence::file
