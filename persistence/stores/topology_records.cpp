#include "persistence/stores/topology_records.hpp"

#include "persistence/stores/bounds.hpp"

#include <array>

namespace rejoinder::persistence {

void describe(record_walk& walk, account_record& value) {
    walk.line("name", value.name, bounds::optional_name);
    walk.flag("suspended", value.suspended);
}

void describe(record_walk& walk, device_record& value) {
    walk.line("robot_id", value.robot_id, bounds::optional_id);
    walk.line("friendly_name", value.friendly_name, bounds::optional_name);
    walk.line("firmware", value.firmware, bounds::optional_name);
    walk.line("application_version", value.application_version, bounds::optional_name);
    walk.flag_unless("active", value.inactive);
    walk.object("profile", value.profile, bounds::object);
    walk.object("calibration", value.calibration, bounds::object);
}

void describe(record_walk& walk, loop_record& value) {
    walk.line("owner", value.owner, bounds::optional_id);
    walk.line("name", value.name, bounds::name);
    walk.flag("suspended", value.suspended);
}

void describe(record_walk& walk, loop_device& value) {
    walk.line("device", value.device, bounds::id);
}

void describe(record_walk& walk, person_record& value) {
    walk.line("first_name", value.first_name, bounds::optional_name);
    walk.line("last_name", value.last_name, bounds::optional_name);
    walk.line("alias", value.alias, bounds::optional_name);
    walk.flag("primary", value.primary);
    walk.line("gender", value.gender, bounds::optional_name);
    walk.part("birthdate", value.birthdate);
}

void describe(record_walk& walk, presence_record& value) {
    walk.time("last_seen", value.last_seen);
    walk.time("last_greeted", value.last_greeted);
    walk.time("last_proactive", value.last_proactive);
    walk.time("last_reactive", value.last_reactive);
    walk.line("route", value.route, bounds::optional_id);
}

std::span<const std::string_view> names_of(token_kind) noexcept {
    static constexpr std::array<std::string_view, 3> names{"client", "device", "admin"};
    return names;
}

void describe(record_walk& walk, access_token& value) {
    walk.choice("kind", value.kind);
    walk.line("account", value.account, bounds::id);
    walk.line("device", value.device, bounds::optional_id);
    walk.time("issued", value.issued);
    walk.time("expires", value.expires);
    walk.time("revoked", value.revoked);
    walk.rule(value.expires > value.issued, "expires", "must be after the issue");
}

} // namespace rejoinder::persistence
