#include "persistence/lifecycle/owners.hpp"

#include "persistence/json.hpp"
#include "persistence/lifecycle/subject.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace rejoinder::persistence::lifecycle {
namespace {

/// What a type's records refer to.
enum class needs : unsigned { nothing = 0, account = 1, loop = 2, device = 4, person = 8 };
constexpr needs operator|(needs a, needs b) {
    return static_cast<needs>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(needs of, needs one) {
    return (static_cast<unsigned>(of) & static_cast<unsigned>(one)) != 0;
}

struct type_needs {
    std::string_view type;
    needs what;
};

/// Where a device or a person is needed, the record's key is its id.
constexpr std::array types{
    type_needs{"device", needs::account},
    type_needs{"holiday", needs::loop},
    type_needs{"key_request", needs::loop | needs::device},
    type_needs{"loop", needs::account},
    type_needs{"loop_device", needs::loop | needs::device},
    type_needs{"loop_key", needs::loop | needs::device},
    type_needs{"media", needs::loop},
    type_needs{"person", needs::loop},
    type_needs{"presence", needs::loop | needs::person},
};

std::string text_at(const json& value, std::string_view pointer) {
    const auto* found = find_pointer(value, pointer);
    return found && found->is_string() ? found->get<std::string>() : std::string();
}

record_id account_id_of(const std::string& account) {
    return {"account", {account, "", "", ""}, "account"};
}
record_id device_id_of(const std::string& account, const std::string& device) {
    return {"device", {account, "", "", ""}, device};
}

void add_by_type(std::vector<owner_reference>& to, const record_id& id) {
    const auto* found = std::ranges::find(types, id.type, &type_needs::type);
    if (found == types.end()) return;
    const auto& account = id.scope.account;
    const auto& loop = id.scope.loop;
    if (has(found->what, needs::account)) to.push_back({"its account", account_id_of(account)});
    // Without a loop in its owner the record is the account's.
    if (has(found->what, needs::loop) && !loop.empty())
        to.push_back({"its loop", record_id{"loop", {account, "", "", ""}, loop}});
    if (has(found->what, needs::device)) to.push_back({"its device", device_id_of(account, id.key)});
    if (has(found->what, needs::person))
        to.push_back({"its person", record_id{"person", {account, loop, "", ""}, id.key}});
}

void add_by_value(std::vector<owner_reference>& to, const record& one) {
    const auto& type = one.id.type;
    if (type != "identity_name" && type != "open_break") return;
    auto parsed = parse_json(one.value, stored_limits);
    if (!parsed) return;
    if (type == "identity_name") {
        if (auto identity = text_at(parsed.value, "/identity"); !identity.empty())
            to.push_back({"its identity", record_id{"identity", one.id.scope, identity}});
    } else if (auto id = text_at(parsed.value, "/id"); !id.empty()) {
        to.push_back({"its break", record_id{"break", one.id.scope, id}});
    }
}

} // namespace

std::vector<owner_reference> owners_of(const record& one) {
    std::vector<owner_reference> found;
    add_by_type(found, one.id);
    add_by_value(found, one);
    if (auto session = session_of(one); !session.empty())
        found.push_back({"its session", session_id{std::move(session)}});
    return found;
}

} // namespace rejoinder::persistence::lifecycle
