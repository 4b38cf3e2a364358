#pragma once

#include "persistence/stores/typed_record.hpp"
#include "tests/persistence/contract/contract_store.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// A failed check shows what is wrong; what was written need not be printable.
template <class T>
struct Catch::StringMaker<rejoinder::persistence::checked<T>> {
    static std::string convert(const rejoinder::persistence::checked<T>& r) {
        return r ? "a value" : "problem: " + r.error().pointer + " " + r.error().message;
    }
};

namespace rejoinder::tests {

/// Texts that a store must give back as they are.
inline const std::vector<std::string> awkward_texts{
    "Ann's \"list\"", "'; DROP TABLE record; --", "Zoë 💙 Łódź",
    "a\\b%_?",        "100% {{ context.name }}",  "../../etc/passwd"};

inline change_set change_of(record_writes writes) {
    change_set changes;
    changes.writes = std::move(writes);
    return changes;
}

inline commit_outcome commit(contract_store& store, record_writes writes) {
    auto changes = change_of(std::move(writes));
    changes.now = store.env.utc_now();
    return store.commit(std::move(changes));
}

/// Commits what is within its schema.
inline commit_outcome commit(contract_store& store, checked<record_writes> writes) {
    REQUIRE(writes.has_value());
    return commit(store, std::move(*writes));
}
inline commit_outcome commit(contract_store& store, checked<record_write> write) {
    REQUIRE(write.has_value());
    return store.commit(std::move(*write));
}

inline task<> commit_into(database* db, record_writes writes, std::vector<commit_outcome>* outcomes) {
    auto changes = change_of(std::move(writes));
    auto committing = db->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    outcomes->push_back(outcome);
}

/// Commits them all at once, each on its own; how many of them won. All others must have met a conflict.
inline std::size_t winners(contract_store& store, const std::vector<record_writes>& rivals) {
    std::vector<commit_outcome> outcomes;
    task_group tasks(store.env.get_executor(), [](std::exception_ptr e) { std::rethrow_exception(e); });
    for (const auto& rival : rivals)
        tasks.spawn(commit_into(store.db.get(), rival, &outcomes));
    store.env.run(tasks.join());
    for (const auto& outcome : outcomes)
        CHECK((outcome.committed() || outcome.error == errc::conflict));
    return static_cast<std::size_t>(std::ranges::count_if(outcomes, &commit_outcome::committed));
}

/// Reads a list to its end, some at a time.
template <class List>
auto read_all(contract_store& store, List list) {
    auto page = store.env.run(list(""));
    REQUIRE(page.has_value());
    auto all = std::move(page->records);
    while (!page->next.empty()) {
        page = store.env.run(list(page->next));
        REQUIRE(page.has_value());
        std::ranges::move(page->records, std::back_inserter(all));
    }
    return all;
}

} // namespace rejoinder::tests
