#pragma once

#include "persistence/file/generation.hpp"

#include <functional>
#include <variant>

namespace rejoinder::persistence::file {

/// A purge that removed something.
struct purge_order {
    utc_time expired_before{};
    std::size_t limit = 0;
};

/// The feed begins behind its latest removal.
struct feed_cut {};

/// The journal that is being written. Not thread-safe; every function throws `std::system_error`, after which
/// nothing is known about the file's end and the store must be recovered.
class journal {
public:
    /// Begins the journal of a new generation. When this returns, the file is on the disk with its header.
    static journal begin(disk& folder, const generation_header& header);

    /// Goes on in the latest journal, behind its intact lines: what is behind `size` is cut off.
    static journal resume(disk& folder, const generation_header& header, std::uint64_t size,
                          std::uint64_t commits);

    /// Adds what the tables do at `now`. Not on the disk before `sync`. False when its line would be longer
    /// than one may be; nothing is added then.
    bool add(const change_set& changes, utc_time now) { return add("set", to_document(changes), now); }
    bool add(const transfer& what, utc_time now) { return add("transplant", to_document(what), now); }
    bool add(const purge_order& purge, utc_time now);
    bool add(const feed_cut&, utc_time now) { return add("cut_feed", document::object(), now); }
    void sync();

    const generation_header& header() const noexcept { return header_; }
    std::uint64_t size() const noexcept { return size_; }       ///< bytes, with what waits for `sync`
    std::uint64_t commits() const noexcept { return commits_; } ///< of the store, from its beginning

private:
    journal(std::unique_ptr<output> file, generation_header header, std::uint64_t size,
            std::uint64_t commits);
    bool add(std::string_view kind, document what, utc_time now);

    std::unique_ptr<output> file_;
    generation_header header_;
    std::string pending_;
    std::uint64_t size_;
    std::uint64_t commits_;
    std::uint64_t synced_commits_;
};

/// One commit, as a journal holds it.
struct journal_entry {
    std::uint64_t number = 0; ///< of the commit, from the store's beginning
    std::uint64_t synced = 0; ///< commits that were on the disk when this one was written
    utc_time now{};
    std::variant<change_set, transfer, purge_order, feed_cut> what;
};

/// What reading a journal to its end has found.
struct journal_end {
    generation_header header;
    std::uint64_t size = 0;    ///< bytes up to the last intact line
    std::uint64_t torn = 0;    ///< bytes behind them, of lines that were never written whole
    std::uint64_t commits = 0; ///< number of the last intact line's commit
};

/// Hands each commit on, in order. The lines of one `sync` reach the disk in any order, so damage among
/// the last ones is what an interrupted writer leaves, before anybody heard of them: from the first damaged
/// line on they count as torn. A damaged line that an intact one says was on the disk before it throws
/// `failure` with `corrupt`, as does a number out of order.
journal_end read_journal(disk& folder, std::uint64_t generation,
                         const std::function<void(journal_entry)>& take);

} // namespace rejoinder::persistence::file
