#include "service/coach_records.hpp"

#include "statemachine/coach/changes.hpp"

#include <utility>

namespace rejoinder::service {

namespace coach = statemachine::coach;

using persistence::checked;
using persistence::errc;
using persistence::record_problem;
using persistence::record_writes;
using persistence::stored;

namespace {

constexpr std::size_t page_size = 200;

template <class T>
json entry_of(const stored<T>& one) {
    return {{"id", one.key}, {"revision", one.revision.value}, {"value", coach::to_record(one.value)}};
}

/// All records, page after page; `load` gives the page behind a key.
template <class Load>
task<result<json>> read_all(Load load) {
    auto all = json::array();
    std::string after;
    do {
        auto reading = load(after);
        auto page = co_await std::move(reading);
        if (!page) co_return page.error();
        for (const auto& one : page->records)
            all.push_back(entry_of(one));
        after = page->next;
    } while (!after.empty());
    co_return all;
}

/// Of what has ended only the latest are of use to a model, which has room for so many.
void forget_old_items(json& items) {
    auto ended = [](const json& one) { return one["value"].value("status", "") != "open"; };
    for (auto it = items.begin(); it != items.end() && items.size() > coach::model::max_items;)
        it = ended(*it) ? items.erase(it) : std::next(it);
}

template <class T>
stored<T> stored_before(const json& change) {
    stored<T> before;
    before.key = change["id"];
    before.value = coach::from_record<T>(change["before"]);
    before.revision = revision{change.value("revision", std::uint64_t{0})};
    return before;
}

template <class T>
T value_after(const json& change) {
    return coach::from_record<T>(change["after"]);
}

revision revision_of(const json& change) {
    return {change.value("revision", std::uint64_t{0})};
}

/// Collects writes up to the first that a store refuses.
class collected {
public:
    void add(checked<record_writes> made) {
        if (!made) return refuse(std::move(made).error());
        for (auto& one : *made)
            writes_.push_back(std::move(one));
    }
    void add(checked<persistence::record_write> made) {
        if (!made) return refuse(std::move(made).error());
        writes_.push_back(std::move(*made));
    }
    checked<record_writes> take() && {
        if (problem_) return std::move(*problem_);
        return std::move(writes_);
    }

private:
    void refuse(record_problem problem) {
        if (!problem_) problem_ = std::move(problem);
    }

    record_writes writes_;
    std::optional<record_problem> problem_;
};

} // namespace

coach_records::coach_records(persistence::database& db, account_id account, std::string person,
                             session_id session)
    : session_(std::move(session.text)),
      coach_(db, {account, person}),
      identities_(db, {account, person}),
      user_(db, std::move(account), std::move(person)) {}

task<result<json>> coach_records::load(std::uint64_t known_head, reading how) const {
    auto reading_head = coach_.load_head();
    auto head = co_await std::move(reading_head);
    if (!head) co_return head.error();
    if (how == reading::everything || head->value != known_head) {
        auto everything = load_everything(*head);
        co_return co_await std::move(everything);
    }
    json shared = {{"head", head->value}};
    if (head->value == 0) {
        auto revision_of_state = load_state_revision();
        auto state = co_await std::move(revision_of_state);
        if (!state) co_return state.error();
        shared["state_revision"] = *state;
    }
    co_return shared;
}

task<result<std::uint64_t>> coach_records::load_state_revision() const {
    auto reading_state = coach_.load_state(session_);
    auto state = co_await std::move(reading_state);
    if (!state && state.error() != errc::not_found) co_return state.error();
    co_return state ? state->revision.value : 0;
}

task<result<json>> coach_records::load_lists() const {
    auto reading_identities =
        read_all([this](std::string after) { return identities_.list(std::move(after), page_size); });
    auto identities = co_await std::move(reading_identities);
    if (!identities) co_return identities.error();
    auto reading_items =
        read_all([this](std::string after) { return user_.list_action_items(std::move(after), page_size); });
    auto items = co_await std::move(reading_items);
    if (!items) co_return items.error();
    auto reading_notes =
        read_all([this](std::string after) { return user_.list_notes(std::move(after), page_size); });
    auto notes = co_await std::move(reading_notes);
    if (!notes) co_return notes.error();
    json lists;
    lists["identities"] = std::move(*identities);
    lists["items"] = std::move(*items);
    lists["notes"] = std::move(*notes);
    forget_old_items(lists["items"]);
    co_return lists;
}

task<result<json>> coach_records::load_everything(revision head) const {
    auto reading_lists = load_lists();
    auto lists = co_await std::move(reading_lists);
    if (!lists) co_return lists.error();
    json shared = std::move(*lists);
    shared["head"] = head.value;

    shared["breaks"] = json::array();
    auto reading_break = coach_.load_open_break();
    auto open = co_await std::move(reading_break);
    if (open)
        shared["breaks"].push_back(entry_of(*open));
    else if (open.error() != errc::not_found && open.error() != errc::conflict)
        co_return open.error();

    auto revision_of_state = load_state_revision();
    auto state = co_await std::move(revision_of_state);
    if (!state) co_return state.error();
    shared["state_revision"] = *state;

    std::vector<std::string> keys{coach::facts_key};
    auto reading_facts = user_.load(std::move(keys));
    auto facts = co_await std::move(reading_facts);
    if (!facts) co_return facts.error();
    shared["facts"] = json::object();
    auto found = facts->find(coach::facts_key);
    if (found != facts->end() && found->second.value.is_object()) shared["facts"] = found->second.value;
    co_return shared;
}

checked<record_writes> coach_records::writes_of(const json& changes, const turn_id& turn,
                                                utc_time now) const {
    collected writes;
    if (changes.contains("head"))
        writes.add(coach_.save_head(session_, revision{changes["head"].get<std::uint64_t>()}));
    if (changes.contains("state"))
        writes.add(coach_.save_state(session_,
                                     coach::from_record<coach::coach_state>(changes["state"]["value"]),
                                     revision_of(changes["state"])));
    for (const auto& one : changes["identities"]) {
        auto after = value_after<coach::coach_identity>(one);
        if (one.contains("before"))
            writes.add(identities_.update(stored_before<coach::coach_identity>(one), std::move(after)));
        else
            writes.add(identities_.create(one["id"], std::move(after)));
    }
    for (const auto& one : changes["items"])
        writes.add(user_.save_action_item(one["id"], value_after<coach::action_item>(one), revision_of(one)));
    for (const auto& one : changes["notes"]) {
        if (one.contains("after"))
            writes.add(user_.save_note(one["id"], value_after<coach::user_note>(one), revision_of(one)));
        else
            writes.add(record_writes{user_.erase_note(stored_before<coach::user_note>(one))});
    }
    if (changes.contains("break")) {
        const auto& rest = changes["break"];
        if (rest.contains("before"))
            writes.add(coach_.end_break(stored_before<coach::coach_break>(rest), now));
        if (rest.contains("after"))
            writes.add(coach_.start_break(rest["id"], value_after<coach::coach_break>(rest).stage, now));
    }
    for (const auto& one : changes["log"])
        writes.add(coach_.log_action(
            session_, one["id"],
            {one["type"], one["parameters"], one["success"].get<bool>(), one["summary"], turn.text}));
    return std::move(writes).take();
}

} // namespace rejoinder::service
