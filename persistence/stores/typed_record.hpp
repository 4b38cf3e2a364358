#pragma once

#include "persistence/database.hpp"
#include "persistence/stores/record_walk.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the stores are built of: records as structs, from the envelope to the members. Application code sees
/// the stores, which say what may be done with them.
namespace rejoinder::persistence {

/// The parts of a scope that records of a type may have; without an account they belong to the whole store.
enum class scope_parts : std::uint8_t {
    none = 0,
    account = 1,
    loop = 2,
    device = 4,
    person = 8,
    user = account | person, ///< the person when it is known, else the account
    household = account | loop,
    anybody = account | loop | device | person
};

/// What the keys of a type are made of. Personal ones are what somebody said (an item of a list, the name of
/// an identity): a database that seals values keeps such a record under a pseudonym, and gives it back under
/// its key. A type of which there are records stays what it is.
enum class key_text : std::uint8_t {
    technical, ///< ids, numbers, names that this program has given
    personal
};

/// What a struct says about the records it stands for, as its member `shape`. A struct whose record's key
/// follows from its value has `std::string key() const`.
struct record_shape {
    std::string_view type;
    int schema_version = 1;
    scope_parts parts = scope_parts::user;
    key_text keys = key_text::technical;
};

template <class T>
concept typed_record = std::default_initializable<T> && requires(record_walk& walk, T& value) {
    { T::shape } -> std::convertible_to<const record_shape&>;
    describe(walk, value);
};

template <class T>
concept keyed_by_value = typed_record<T> && requires(const T& value) {
    { value.key() } -> std::convertible_to<std::string>;
};

/// A record as it stands in the database.
template <class T>
struct stored {
    std::string key;
    T value;
    rejoinder::revision revision;
    utc_time created{};
    utc_time updated{};
};

/// Some records in ascending order of key, and where to go on.
template <class T>
struct page {
    std::vector<stored<T>> records;
    std::string next; ///< `after` of the next page; empty: this was the last
};

/// Writes that belong into one change set.
using record_writes = std::vector<record_write>;

/// Adds them to what a turn changes anyway.
void append(change_set& changes, record_writes writes);

/// One user: the person when it is known who speaks, else the account as a whole (`person` empty).
struct user_ref {
    account_id account;
    std::string person;
    scope to_scope() const;
};

/// The key of a record that a session has many of: `session/id`. Ids of sessions hold no slash.
std::string in_session(std::string_view session, std::string_view id);

/// What is wrong with a record's owner and key, before its value is looked at.
std::optional<record_problem> problem_of(const record_id& id, const record_shape& shape);

/// The write under the condition that what was read still stands: nothing for revision 0, whatever there is
/// without one.
record_write conditional(record_id id, std::optional<revision> read);

/// A record's value as a struct, with everything that is wrong with it.
template <typed_record T>
struct walked {
    T value;
    std::vector<record_problem> problems;
};

template <typed_record T>
walked<T> read_value(const record_id& id, const json& value) {
    walked<T> result;
    if (auto problem = problem_of(id, T::shape)) result.problems.push_back(std::move(*problem));
    auto walk = record_walk::reading(value);
    describe(walk, result.value);
    for (auto& problem : walk.finish())
        result.problems.push_back(std::move(problem));
    if constexpr (keyed_by_value<T>)
        if (result.problems.empty() && result.value.key() != id.key)
            result.problems.push_back({"", "the record has another key than its value says"});
    return result;
}

/// No error, `corrupt` when the text is no JSON, or `newer_schema` when a newer program wrote it.
error_code parse_value(const record& found, const record_shape& shape, json& into);

/// Logs where the record is wrong (never its values): `bad_record`.
error_code refuse(const record& found, const record_problem& problem);

/// The record's struct; anything that is wrong with it is an error, also what `sanitise` could mend.
template <typed_record T>
result<stored<T>> to_stored(record found) {
    json value;
    if (auto error = parse_value(found, T::shape, value)) return error;
    auto read = read_value<T>(found.id, value);
    if (!read.problems.empty()) return refuse(found, read.problems.front());
    return stored<T>{std::move(found.id.key), std::move(read.value), found.revision, found.created,
                     found.updated};
}

/// The records of one type and owner. Tasks read; writes are made here and committed by the caller. The
/// database outlives it, and it outlives its tasks.
template <typed_record T>
class records_of {
public:
    records_of(database& db, scope owner) : database_(db), owner_(std::move(owner)) {}

    task<result<stored<T>>> load(std::string key) const {
        auto reading = database_.read(id_of(std::move(key)));
        auto found = co_await std::move(reading);
        if (!found) co_return found.error();
        co_return to_stored<T>(std::move(*found));
    }

    /// Those whose key begins with `prefix`, behind the key `after` (empty: from the first), 1 to 1000. Where
    /// keys are personal the prefix ends with a slash or is empty.
    task<result<page<T>>> list(std::string prefix, std::string after, std::size_t limit) const {
        scan_request request{std::string(T::shape.type), owner_, after.empty() ? prefix : std::move(after),
                             limit};
        auto scanning = database_.scan(std::move(request));
        auto found = co_await std::move(scanning);
        if (!found) co_return found.error();
        page<T> result;
        if (!found->empty() && found->back().id.key.starts_with(prefix)) result.next = found->back().id.key;
        for (auto& one : *found) {
            if (!one.id.key.starts_with(prefix)) break;
            auto decoded = to_stored<T>(std::move(one));
            if (!decoded) co_return decoded.error();
            result.records.push_back(std::move(*decoded));
        }
        co_return result;
    }

    checked<record_write> write(std::string key, T value, std::optional<revision> read) const {
        auto write = conditional(id_of(std::move(key)), read);
        if (auto problem = problem_of(write.id, T::shape)) return *std::move(problem);
        json written;
        auto walk = record_walk::writing(written);
        describe(walk, value);
        auto problems = walk.finish();
        if (!problems.empty()) return std::move(problems.front());
        write.value = to_text(written);
        write.schema_version = T::shape.schema_version;
        return write;
    }
    checked<record_write> write(T value, std::optional<revision> read) const
        requires keyed_by_value<T>
    {
        auto key = value.key();
        return write(std::move(key), std::move(value), read);
    }

    record_write erase(std::string key, std::optional<revision> read) const {
        return conditional(id_of(std::move(key)), read);
    }

private:
    record_id id_of(std::string key) const { return {std::string(T::shape.type), owner_, std::move(key)}; }

    database& database_;
    scope owner_;
};

} // namespace rejoinder::persistence
