#include "service/stored_review.hpp"

#include "persistence/lifecycle/pages.hpp"
#include "persistence/rules.hpp"
#include "service/machine_choice.hpp"
#include "service/session_state.hpp"
#include "statemachine/migration.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace rejoinder::service {
namespace {

using persistence::session_row;

class reviewing {
public:
    explicit reviewing(const machine_catalog& machines) : machines_(machines) {}

    void look_at(const session_row& row) {
        ++review_.sessions;
        auto former = restore_former_state(row.state);
        if (!former) {
            ++review_.damaged;
            return;
        }
        auto choice = choose_machine(machines_, row);
        if (!choice.machine && row.closed)
            ++review_.closed;
        else if (!choice.machine)
            refuse(row, statemachine::stored_state_path(former->machine_text), std::move(choice.why));
        else if (!choice.change)
            ++review_.staying;
        else if (choice.change->how == version_change::way::restarts)
            ++review_.restarting;
        else
            ++review_.migrating;
    }

    stored_review take() && {
        for (auto& [kind, one] : refused_)
            review_.refused.push_back(std::move(one));
        return std::move(review_);
    }

private:
    void refuse(const session_row& row, std::string state, std::string why) {
        auto kind = std::tuple(row.machine_version, state, why);
        auto known = refused_.find(kind);
        if (known == refused_.end()) {
            if (refused_.size() == stored_review::most_kinds) {
                ++review_.refused_others;
                return;
            }
            stored_review::stranded first{row.machine_version, std::move(state), std::move(why), 0, {}};
            known = refused_.emplace(std::move(kind), std::move(first)).first;
        }
        auto& one = known->second;
        ++one.sessions;
        if (one.ids.size() < stored_review::most_ids) one.ids.push_back(row.id);
    }

    const machine_catalog& machines_;
    stored_review review_;
    std::map<std::tuple<std::int64_t, std::string, std::string>, stored_review::stranded> refused_;
};

std::string sessions_in_words(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " session" : " sessions");
}

std::string ids_in_words(const stored_review::stranded& of) {
    std::string text;
    for (const auto& id : of.ids)
        text += (text.empty() ? "" : ", ") + id.text;
    return of.sessions > of.ids.size() ? text + ", ..." : text;
}

} // namespace

task<result<stored_review>> review_stored(persistence::database* store, const machine_catalog* machines,
                                          std::string machine, utc_time now,
                                          persistence::lifecycle::on_progress listener) {
    namespace lifecycle = persistence::lifecycle;
    reviewing all(*machines);
    std::uint64_t done = 0;
    lifecycle::cursor<lifecycle::session_pages> sessions{lifecycle::session_pages(*store)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) break;
        if (row->machine == machine && persistence::rules::alive(row->expires, now)) all.look_at(*row);
        lifecycle::tell(listener, {.done = ++done});
    }
    co_return std::move(all).take();
}

std::string describe(std::string_view file, std::string_view store, const stored_review& what) {
    auto beginning = std::string(file) + " with " + std::string(store) + ": ";
    std::string text;
    std::uint64_t refused = what.refused_others;
    for (const auto& one : what.refused) {
        refused += one.sessions;
        text += beginning + "no way from the state '" + one.state + "' of version " +
                std::to_string(one.version) + " for " + sessions_in_words(one.sessions) + ": " + one.why +
                " (" + ids_in_words(one) + ")\n";
    }
    if (what.refused_others > 0)
        text += beginning + "nor for " + sessions_in_words(what.refused_others) +
                " in other states or versions\n";
    text += beginning + sessions_in_words(what.sessions);
    auto between = ": ";
    for (const auto& [count, becomes] :
         {std::pair(what.staying, " as they are"), std::pair(what.migrating, " go over"),
          std::pair(what.restarting, " begin anew"), std::pair(refused, " would be refused"),
          std::pair(what.closed, " have ended and could not be shown"),
          std::pair(what.damaged, " are damaged")})
        if (count > 0) text += std::exchange(between, ", ") + std::to_string(count) + becomes;
    return text + '\n';
}

json describe_json(std::string_view store, const stored_review& what) {
    json report{{"store", store},
                {"sessions", what.sessions},
                {"staying", what.staying},
                {"migrating", what.migrating},
                {"restarting", what.restarting},
                {"damaged", what.damaged},
                {"closed", what.closed},
                {"passed", what.passed()},
                {"refused", json::array()},
                {"refused_others", what.refused_others}};
    for (const auto& one : what.refused) {
        auto ids = json::array();
        for (const auto& id : one.ids)
            ids.push_back(id.text);
        report["refused"].push_back({{"version", one.version},
                                     {"state", one.state},
                                     {"why", one.why},
                                     {"sessions", one.sessions},
                                     {"ids", std::move(ids)}});
    }
    return report;
}

} // namespace rejoinder::service
