#include "persistence/stores/record_types.hpp"

#include "persistence/stores/coach_store.hpp"
#include "persistence/stores/context_store.hpp"
#include "persistence/stores/due_sessions.hpp"
#include "persistence/stores/identity_store.hpp"
#include "persistence/stores/media_records.hpp"
#include "persistence/stores/memory_store.hpp"
#include "persistence/stores/preference_store.hpp"
#include "persistence/stores/reflection_store.hpp"
#include "persistence/stores/server_leases.hpp"
#include "persistence/stores/tombstone.hpp"
#include "persistence/stores/topology_records.hpp"
#include "persistence/stores/user_records.hpp"

#include <algorithm>

namespace rejoinder::persistence {
namespace {

template <typed_record T>
std::vector<record_problem> validate(const record_id& id, const json& value) {
    return read_value<T>(id, value).problems;
}

template <typed_record T>
checked<sanitised> sanitise(const record_id& id, const json& value) {
    auto read = read_value<T>(id, value);
    if (read.problems.empty()) return sanitised{value, {}};
    auto incurable = std::ranges::find(read.problems, record_problem::remedy::none, &record_problem::cure);
    if (incurable != read.problems.end()) return std::move(*incurable);

    sanitised result{json(), std::move(read.problems)};
    auto walk = record_walk::writing(result.value);
    describe(walk, read.value);
    auto left = walk.finish();
    if (left.empty()) left = validate<T>(id, result.value);
    if (!left.empty()) return std::move(left.front());
    return result;
}

template <typed_record T>
constexpr record_type of() {
    return {T::shape, &validate<T>, &sanitise<T>};
}

/// A record whose value is whatever JSON somebody gave it.
template <const record_shape& Shape, bool (*IsGood)(const json&)>
std::vector<record_problem> validate_free(const record_id& id, const json& value) {
    std::vector<record_problem> problems;
    if (auto problem = problem_of(id, Shape)) problems.push_back(std::move(*problem));
    if (!IsGood(value)) problems.push_back({"", "the value is of the wrong kind"});
    return problems;
}

template <const record_shape& Shape, bool (*IsGood)(const json&)>
checked<sanitised> sanitise_free(const record_id& id, const json& value) {
    auto problems = validate_free<Shape, IsGood>(id, value);
    if (problems.empty()) return sanitised{value, {}};
    return std::move(problems.front());
}

template <const record_shape& Shape, bool (*IsGood)(const json&)>
constexpr record_type free_value() {
    return {Shape, &validate_free<Shape, IsGood>, &sanitise_free<Shape, IsGood>};
}

bool is_anything(const json&) {
    return true;
}
bool is_session_id(const json& value) {
    return value.is_string() && !value.get_ref<const std::string&>().empty();
}

constexpr record_shape user_data{"user_data", 1, scope_parts::user, key_text::personal};
constexpr record_shape robot_session{"robot_session", 1,
                                     static_cast<scope_parts>(static_cast<unsigned>(scope_parts::account) |
                                                              static_cast<unsigned>(scope_parts::device))};

constexpr auto types = std::to_array<record_type>({
    of<access_token>(),
    of<account_record>(),
    of<action_item>(),
    of<coach_action>(),
    of<active_mode>(),
    of<affinity>(),
    of<backup_record>(),
    of<coach_break>(),
    of<coach_head>(),
    of<coach_state>(),
    of<constraint_set>(),
    of<conversation_context>(),
    of<device_record>(),
    of<due_session>(),
    of<holiday_record>(),
    of<coach_identity>(),
    of<identity_name>(),
    of<important_date>(),
    of<key_request>(),
    of<list_item>(),
    of<loop_record>(),
    of<loop_device>(),
    of<loop_key>(),
    of<media_record>(),
    of<memory_preference>(),
    of<memory_profile>(),
    of<conversation_message>(),
    of<mode_profile>(),
    of<open_break>(),
    of<person_record>(),
    of<presence_record>(),
    of<reflection>(),
    free_value<robot_session, is_session_id>(),
    of<server_lease>(),
    of<tombstone_record>(),
    of<update_manifest>(),
    of<user_profile>(),
    free_value<user_data, is_anything>(),
    of<user_note>(),
    of<user_setting>(),
});

constexpr auto type_of = [](const record_type& type) { return type.shape.type; };
static_assert(std::ranges::is_sorted(types, {}, type_of));

} // namespace

std::span<const record_type> record_types() noexcept {
    return types;
}

const record_type* find_record_type(std::string_view name) noexcept {
    const auto* found = std::ranges::lower_bound(types, name, {}, type_of);
    return found != types.end() && found->shape.type == name ? found : nullptr;
}

bool has_personal_key(std::string_view type) {
    const auto* found = find_record_type(type);
    return found && found->shape.keys == key_text::personal;
}

} // namespace rejoinder::persistence
