#pragma once

#include "persistence/database.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Going through a whole store, a page at a time: what is held in memory is one page, whatever the store
/// holds; of a store that hides keys, also what one owner has of one type. The database outlives what walks
/// through it.
namespace rejoinder::persistence::lifecycle {

/// All records, expired ones too, in the order of `rules::walk_order`.
class record_pages {
public:
    using item = record;
    explicit record_pages(database& of) : of_(of) {}

    /// The next ones; none: that was all.
    task<result<std::vector<record>>> next();

private:
    task<result<std::vector<record>>> read();
    bool may_go_on(const record& last) const;

    database& of_;
    std::optional<record_id> after_;
    std::vector<record> gathered_; ///< whose order is known when all of their type and owner are here
};

/// All sessions, expired ones too, in ascending order of id.
class session_pages {
public:
    using item = session_row;
    /// Behind a session; by default from the first.
    explicit session_pages(database& of, session_id after = {}) : of_(of), after_(std::move(after)) {}
    task<result<std::vector<session_row>>> next();

private:
    database& of_;
    session_id after_;
};

/// The log of one session, whole entries, oldest first.
class log_pages {
public:
    using item = log_entry;
    log_pages(database& of, session_key session) : of_(of), session_(session) {}
    task<result<std::vector<log_entry>>> next();

private:
    database& of_;
    session_key session_;
    log_position after_;
};

/// One after the other of what comes in pages.
template <class Pages>
class cursor {
public:
    explicit cursor(Pages pages) : pages_(std::move(pages)) {}

    /// Reads on where the page is used up; awaited before each `current`.
    task<error_code> fill() {
        if (at_ < page_.size() || ended_) co_return error_code();
        auto reading = pages_.next();
        auto read = co_await std::move(reading);
        if (!read) co_return read.error();
        page_ = std::move(*read);
        at_ = 0;
        ended_ = page_.empty();
        co_return error_code();
    }

    /// Nothing at the end. Valid until the next `fill`.
    typename Pages::item* current() noexcept { return at_ < page_.size() ? &page_[at_] : nullptr; }
    void step() noexcept { ++at_; }

private:
    Pages pages_;
    std::vector<typename Pages::item> page_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

} // namespace rejoinder::persistence::lifecycle
