#include "persistence/postgresql/rows.hpp"

#include <libpq-fe.h>

#include <cstdlib>

namespace rejoinder::persistence::postgresql {
namespace {

constexpr std::string_view data_corrupted = "XX001";

} // namespace

void rows::clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

int rows::count() const noexcept {
    return PQntuples(native_.get());
}

failure rows::problem() const {
    const char* state = PQresultErrorField(native_.get(), PG_DIAG_SQLSTATE);
    return {state ? state : "", PQresultErrorMessage(native_.get())};
}

std::string rows::command() const {
    return PQcmdStatus(native_.get());
}

std::int64_t rows::written() const {
    return std::strtoll(PQcmdTuples(native_.get()), nullptr, 10);
}

void rows::get(int row, int column, std::string& into) const {
    into.assign(PQgetvalue(native_.get(), row, column),
                static_cast<std::size_t>(PQgetlength(native_.get(), row, column)));
}

void rows::get(int row, int column, std::optional<utc_time>& into) const {
    into.reset();
    if (PQgetisnull(native_.get(), row, column) == 0) into = from_unix(number(row, column));
}

std::int64_t rows::number(int row, int column) const {
    if (PQgetlength(native_.get(), row, column) != 8) throw failure(data_corrupted, "a column is no number");
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i)
        bits = bits << 8 | static_cast<unsigned char>(PQgetvalue(native_.get(), row, column)[i]);
    return static_cast<std::int64_t>(bits);
}

} // namespace rejoinder::persistence::postgresql
