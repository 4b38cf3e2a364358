#include "persistence/lifecycle/orphans.hpp"

#include "persistence/lifecycle/owners.hpp"
#include "persistence/lifecycle/pages.hpp"
#include "persistence/lifecycle/remover.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

/// Owners of owners of owners are as deep as it goes: a presence, its person, its loop, its account.
constexpr int most_rounds = 8;

enum class presence { there, gone };

/// Looks for owners. Records that follow each other often have the same one: the last answer is kept.
class owner_search {
public:
    explicit owner_search(database& in) : in_(in) {}

    task<result<presence>> find(owner_reference owner) {
        if (known_ && known_->id == owner.id) co_return known_is_;
        auto there = co_await look_for(owner);
        if (!there) co_return there;
        known_ = std::move(owner);
        known_is_ = *there;
        co_return there;
    }

private:
    task<result<presence>> look_for(owner_reference owner) {
        error_code error;
        if (auto* id = std::get_if<record_id>(&owner.id)) {
            auto reading = in_.read(std::move(*id));
            auto found = co_await std::move(reading);
            if (!found) error = found.error();
        } else {
            auto reading = in_.read_session(std::get<session_id>(std::move(owner.id)));
            auto found = co_await std::move(reading);
            if (!found) error = found.error();
        }
        if (error && error != errc::not_found) co_return error;
        co_return error ? presence::gone : presence::there;
    }

    database& in_;
    std::optional<owner_reference> known_;
    presence known_is_ = presence::gone;
};

/// The first owner that is gone, or empty.
task<result<std::string>> missing_owner(owner_search* search, std::vector<owner_reference> owners) {
    for (auto& owner : owners) {
        auto what = owner.what;
        auto searching = search->find(std::move(owner));
        auto there = co_await std::move(searching);
        if (!there) co_return there.error();
        if (*there == presence::gone) co_return std::string(what);
    }
    co_return std::string();
}

task<result<std::uint64_t>> search_once(environment* env, database* of, run_mode how, on_progress listener,
                                        orphan_report* into) {
    remover removing(*env, *of, how);
    owner_search search(*of);
    std::uint64_t records = 0;
    cursor<record_pages> walk{record_pages(*of)};
    for (;; walk.step()) {
        if (auto error = co_await walk.fill()) co_return error;
        auto* current = walk.current();
        if (!current) break;
        tell(listener, {.done = ++records});
        auto one = std::move(*current);
        auto searching = missing_owner(&search, owners_of(one));
        auto missing = co_await std::move(searching);
        if (!missing) co_return missing.error();
        if (missing->empty()) continue;
        into->orphans.add(make_finding(one.id, {"", *missing + " is gone"}));
        auto dropping = removing.remove(one);
        if (auto error = co_await std::move(dropping)) co_return error;
    }
    auto flushing = removing.flush();
    if (auto error = co_await std::move(flushing)) co_return error;
    into->records = std::max(into->records, records);
    co_return removing.records();
}

} // namespace

task<result<orphan_report>> find_orphans(environment* env, database* of, run_mode how, on_progress listener) {
    orphan_report report;
    for (int round = 0; round < most_rounds; ++round) {
        auto searching = search_once(env, of, how, listener, &report);
        auto removed = co_await std::move(searching);
        if (!removed) co_return removed.error();
        if (how == run_mode::dry || *removed == 0) break;
        report.removed += *removed;
    }
    co_return report;
}

} // namespace rejoinder::persistence::lifecycle
