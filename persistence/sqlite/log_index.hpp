#pragma once

#include "persistence/session_record.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/triples.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rejoinder::persistence::sqlite {

/// Where a session's entries lie in the log that all sessions share. An index that every entry went into at
/// once would cost each turn a page, as the parts of different sessions lie apart in it. So the newest few
/// are named in the session's row, in its column `recent`, which a turn writes anyway; they go into the index
/// together.
///
/// This is the side that writes. Belongs to the writer's thread and runs in its transaction.
class log_index {
public:
    explicit log_index(connection& on);

    /// The most that a row names.
    static constexpr std::size_t most_recent = 16;

    /// Adds an entry to those that the session's row names, for the caller to store; when they are enough,
    /// all of them go into the index and `recent` is as good as empty. Where `recent` is damaged, all entries
    /// of the session are looked for in the log, and go into the index.
    void add(session_key session, const log_entry& entry, std::int64_t position, std::string& recent);

    /// Puts an entry into the index at once.
    void put(session_key session, const log_entry& entry, std::int64_t position);

    /// Puts those into the index that a session's row names, likewise; those that are there stay.
    void settle(session_key session, const std::string& recent);

    /// Forgets an entry that is in the index.
    void remove(session_key session, log_position entry);

    /// Forgets the oldest entries in the index, up to this one.
    void remove_up_to(session_key session, log_position entry);

    /// Removes all entries of a session themselves, and what the index knows of them; the session's row is to
    /// go next, with the rest.
    void remove_entries(session_key session);

private:
    statement put_;
    statement settle_one_;
    statement settle_all_;
    statement rebuild_;
    statement recent_;
    statement remove_;
    statement remove_up_to_;
    statement remove_entries_;
    statement remove_all_;
};

/// What a row's column says that names no entry.
inline constexpr std::string_view no_recent = no_triples;

/// SQL of a query for places of the session ?1 by conditions on `last` and `revision`, in an order by these.
/// `columns` may name `position` too, and must name both.
std::string places_of_session(std::string_view columns, std::string_view condition, std::string_view order);

/// Reads entries of a session in an order. What is in an entry is looked at only when the walk comes to it,
/// so a damaged one is in nobody's way before.
class log_walk {
public:
    /// `places` and `order` go by `last` and `revision`; ?1 is the session. `columns` and `entries` name
    /// columns of the log: entries that don't meet the condition are left out.
    log_walk(connection& on, std::string_view columns, std::string_view places, std::string_view order,
             std::string_view entries = "true");

    /// The entries of one execution; as `cursor`.
    class entries {
    public:
        bool next();
        /// Places that were looked at, and the latest of them.
        std::size_t looked_at() const noexcept { return looked_at_; }
        log_position reached() const noexcept { return reached_; }
        template <class... Fields>
        void read(Fields&... fields) {
            if (entry_) entry_->read(fields...);
        }

    private:
        friend class log_walk;
        entries(statement& entry, session_key session, cursor places)
            : statement_(entry), session_(session), places_(std::move(places)) {}

        statement& statement_;
        session_key session_;
        cursor places_;
        std::optional<cursor> entry_;
        std::size_t looked_at_ = 0;
        log_position reached_;
    };

    /// With values for the parameters ?2 and so on.
    template <class... Values>
    [[nodiscard]] entries run(session_key session, const Values&... values) {
        return {entry_, session, places_.run(session.value, values...)};
    }

private:
    statement places_;
    statement entry_;
};

} // namespace rejoinder::persistence::sqlite
