#pragma once

#include <cstdint>

namespace rejoinder::persistence::sqlite {

/// Gives SQLite its own page cache back, without a walk through all of it at nearly every commit. To be
/// called before anything else of SQLite is, by any thread; once the library is initialised it has no effect.
/// The first connection does so by itself.
///
/// The reason. At the end of a transaction SQLite drops the pages behind the file's end. Its cache looks for
/// them only when it has held a number that high, and it has whenever the transaction split a page in the
/// middle of an index: for a moment one of the pages that change their places is numbered beyond a gigabyte
/// (`balance_nonroot` in btree.c). With 64 MB of pages that is a millisecond of cache misses a commit.
/// (https://www.sqlite.org/c3ref/pcache_methods2.html, `xRekey` and `xTruncate`)
void lighten_page_cache() noexcept;

/// The highest number of any page in a cache, or more; exact enough to know that there is nothing to be
/// dropped. A single page that is numbered far away for a moment does not count once it is back. Pure.
class highest_page {
public:
    using number = std::uint32_t;

    void fetched(number page) noexcept {
        if (page > highest_) highest_ = page;
    }

    void renumbered(number from, number to) noexcept {
        if (from == astray_) astray_ = 0;
        if (to <= highest_) return;
        if (astray_ == 0)
            astray_ = to;
        else
            highest_ = to;
    }

    /// Whether there may be a page of that number or a higher one.
    bool reaches(number limit) const noexcept { return limit <= highest_ || limit <= astray_; }

    /// Pages from that number on are gone.
    void truncated(number limit) noexcept {
        if (astray_ >= limit) astray_ = 0;
        if (highest_ >= limit) highest_ = limit == 0 ? 0 : limit - 1;
    }

private:
    number highest_ = 0;
    number astray_ = 0; ///< above `highest_`; 0: none
};

} // namespace rejoinder::persistence::sqlite
