#pragma once

#include "persistence/postgresql/failure.hpp"
#include "persistence/time.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct pg_result; // of libpq

namespace rejoinder::persistence::postgresql {

/// What one statement answered, in PostgreSQL's binary format.
class rows {
public:
    explicit rows(pg_result* owned) noexcept : native_(owned) {}

    int count() const noexcept;

    /// What the server refused, when this is its refusal; the state is empty when libpq itself complains.
    failure problem() const;

    /// Rows that an insert, update or delete wrote.
    std::int64_t written() const;

    /// The command that was carried out: a `commit` of a failed transaction says ROLLBACK.
    std::string command() const;

    /// Reads the first columns of a row. Throws `failure` when one is not what was written there.
    template <class... Fields>
    void read(int row, Fields&... into) const {
        int column = 0;
        (get(row, column++, into), ...);
    }

private:
    void get(int row, int column, std::string& into) const;
    void get(int row, int column, utc_time& into) const { into = from_unix(number(row, column)); }
    void get(int row, int column, std::optional<utc_time>& into) const;
    template <std::integral Number>
    void get(int row, int column, Number& into) const {
        into = static_cast<Number>(number(row, column));
    }
    std::int64_t number(int row, int column) const;

    struct clear {
        void operator()(pg_result* result) const noexcept;
    };
    std::unique_ptr<pg_result, clear> native_;
};

} // namespace rejoinder::persistence::postgresql
