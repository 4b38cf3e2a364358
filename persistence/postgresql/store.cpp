#include "persistence/postgresql/store.hpp"

#include <utility>

namespace rejoinder::persistence::postgresql {
namespace {

const statement same_store("select value from meta where key = 'incarnation' and value = $1");

} // namespace

task<std::unique_ptr<connection>> connect(environment* env, store to) {
    auto made = std::make_unique<connection>(*env, to.limits);
    co_await made->connect(std::move(to.where));
    std::vector<query> queries;
    queries.push_back({&same_store, parameters(to.incarnation)});
    auto found = co_await made->run(std::move(queries));
    if (found[0].count() != 1)
        throw failure(failure::connection_lost,
                      "another store has taken this one's place; restart to use it");
    co_return made;
}

} // namespace rejoinder::persistence::postgresql
