#include "tests/persistence/lifecycle/house.hpp"

#include "persistence/lifecycle/erase.hpp"
#include "tests/persistence/stores/samples.hpp"

namespace rejoinder::tests {

session_row session_of(std::string id, std::string account, std::string person) {
    session_row row;
    row.id = {std::move(id)};
    row.account = {std::move(account)};
    row.device = {"robot-1"};
    row.person = person;
    row.user = person.empty() ? row.account.text : std::move(person);
    row.machine = "greeter";
    row.machine_version = 1;
    row.machine_hash = "h";
    row.owner_generation = 1;
    row.created = from_unix(1766400000000);
    row.last_seen = row.created;
    row.expires = from_unix(4102444800000); // the year 2100
    row.state = R"({"revision":1})";
    row.devices = "{}";
    row.metadata = "{}";
    return row;
}

session_row lifecycle_house::put_session(database& into, const session_row& like, int turns,
                                         const std::string& said) {
    auto row = like;
    for (int i = 0; i <= turns; ++i) {
        session_change change;
        if (i > 0) {
            change.expected = session_fence{row.owner_generation, row.revision};
            auto& entry = change.append.emplace();
            entry.first = entry.last = row.head + 1;
            entry.at = env.utc_now();
            entry.turn = {"t" + std::to_string(i)};
            entry.device = row.device;
            entry.number = static_cast<std::uint64_t>(i);
            entry.status = "done";
            entry.outcome = R"({"ok":true})";
            entry.events = to_text(json::array({{{"seq", row.head + 1}, {"say", said}}}));
            entry.messages = "[]";
            row.head += 1;
            row.log_bytes += entry.events.size();
        }
        change.row = row;
        change_set changes;
        changes.now = env.utc_now();
        changes.session = std::move(change);
        auto outcome = env.run(into.commit(std::move(changes)));
        REQUIRE_FALSE(outcome.error);
        row.key = outcome.session;
        row.revision = row.revision.next();
    }
    return row;
}

void lifecycle_house::erase(database& from, const lifecycle::subject& who) {
    change_set changes;
    changes.now = env.utc_now();
    changes.writes.push_back(lifecycle::make_tombstone(who, changes.now));
    auto answer = env.run(from.commit(std::move(changes)));
    REQUIRE_FALSE(answer.error);
    auto known = env.run(lifecycle::load_erasures(&from));
    REQUIRE(known);
    REQUIRE(env.run(lifecycle::apply_erasures(&env, &from, *known, {})));
}

void fill(lifecycle_house& house, database& into) {
    for (const auto& one : samples())
        house.put(into, one.id, one.value);
    house.put_session(into, session_of("s1", "acme", "ann"), 5);
    house.put_session(into, session_of("s2"), 3);
}

} // namespace rejoinder::tests
