#include "persistence/lifecycle/subject.hpp"

#include "persistence/json.hpp"
#include "persistence/stores/record_types.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::persistence::lifecycle {
namespace {

/// Types whose keys are `session` or `session/id`.
constexpr std::array<std::string_view, 5> types_by_session{"action_log", "coach_state", "conversation",
                                                           "message", "reflection"};

/// Types whose keys are ids of people.
constexpr std::array<std::string_view, 2> types_by_person{"person", "presence"};

bool is_one_of(const auto& types, std::string_view type) noexcept {
    return std::ranges::find(types, type) != types.end();
}

std::string text_at(const record& one, std::string_view pointer) {
    auto parsed = parse_json(one.value, stored_limits);
    const auto* found = parsed ? find_pointer(parsed.value, pointer) : nullptr;
    return found && found->is_string() ? found->get<std::string>() : std::string();
}

/// A record of the user's own, where an absent person means the account itself.
bool is_of_user(const record& one) {
    const auto* type = find_record_type(one.id.type);
    return type && type->shape.parts == scope_parts::user;
}

void add_person(std::vector<subject>& to, const std::string& account, const std::string& person) {
    if (person.empty()) return;
    to.push_back({subject::kind::person, account, person});
    to.push_back({subject::kind::user, account, person});
}

} // namespace

std::string_view to_string(subject::kind what) noexcept {
    switch (what) {
    case subject::kind::account:
        return "account";
    case subject::kind::user:
        return "user";
    case subject::kind::person:
        return "person";
    case subject::kind::session:
        return "session";
    }
    return "unknown";
}

std::string describe(const subject& who) {
    if (who.what == subject::kind::account) return "the account " + who.account;
    if (who.what == subject::kind::session) return "the session " + who.id;
    return "the " + std::string(to_string(who.what)) + " " + who.id + " of the account " + who.account;
}

std::vector<subject> subjects_of(const record& one) {
    std::vector<subject> found;
    const auto& owner = one.id.scope;
    auto account = one.id.type == "access_token" ? text_at(one, "/account") : owner.account;
    if (account.empty()) return found;
    found.push_back({subject::kind::account, account, ""});
    add_person(found, account, owner.person);
    if (is_one_of(types_by_person, one.id.type))
        found.push_back({subject::kind::person, account, one.id.key});
    if (owner.person.empty() && is_of_user(one)) found.push_back({subject::kind::user, account, account});
    return found;
}

std::vector<subject> subjects_of(const session_row& one) {
    const auto& account = one.account.text;
    std::vector<subject> found{{subject::kind::account, account, ""}};
    add_person(found, account, one.person);
    if (!one.user.empty() && one.user != one.person) {
        found.push_back({subject::kind::user, account, one.user});
        if (one.user != account) found.push_back({subject::kind::person, account, one.user});
    }
    return found;
}

std::string_view session_in_key(const record_id& id) noexcept {
    if (!is_one_of(types_by_session, id.type)) return {};
    return std::string_view(id.key).substr(0, id.key.find('/'));
}

std::string session_of(const record& one) {
    if (one.id.type == "robot_session") return text_at(one, "");
    if (one.id.type == "due_session") return text_at(one, "/session");
    return std::string(session_in_key(one.id));
}

} // namespace rejoinder::persistence::lifecycle
