#pragma once

#include "persistence/stores/calendar_day.hpp"
#include "persistence/stores/typed_record.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

struct account_record {
    static constexpr record_shape shape{"account", 1, scope_parts::account};

    std::string name;
    bool suspended = false;
    static std::string key() { return "account"; }
};
void describe(record_walk& walk, account_record& value);

/// Keyed by the device's id.
struct device_record {
    static constexpr record_shape shape{"device", 1, scope_parts::account};

    std::string robot_id;
    std::string friendly_name;
    std::string firmware;
    std::string application_version;
    bool inactive = false; ///< in JSON `active`, absent being true
    json profile = json::object();
    json calibration = json::object();
};
void describe(record_walk& walk, device_record& value);

/// A household or group, keyed by its id.
struct loop_record {
    static constexpr record_shape shape{"loop", 1, scope_parts::account};

    std::string owner; ///< id of a person
    std::string name;
    bool suspended = false;
};
void describe(record_walk& walk, loop_record& value);

/// Says that a device is in a loop.
struct loop_device {
    static constexpr record_shape shape{"loop_device", 1, scope_parts::household};

    std::string device;
    std::string key() const { return device; }
};
void describe(record_walk& walk, loop_device& value);

/// Someone in a loop, keyed by an id.
struct person_record {
    static constexpr record_shape shape{"person", 1, scope_parts::household};

    std::string first_name;
    std::string last_name;
    std::string alias; ///< what the person wants to be called
    bool primary = false;
    std::string gender;
    std::optional<calendar_day> birthdate;
};
void describe(record_walk& walk, person_record& value);

/// Keyed by the person's id.
struct presence_record {
    static constexpr record_shape shape{"presence", 1, scope_parts::household};

    utc_time last_seen{};
    std::optional<utc_time> last_greeted;
    std::optional<utc_time> last_proactive;
    std::optional<utc_time> last_reactive;
    std::string route; ///< by which device or way the person was seen
};
void describe(record_walk& walk, presence_record& value);

enum class token_kind { client, device, admin };
std::span<const std::string_view> names_of(token_kind) noexcept;

/// Keyed by the SHA-256 of the token. It belongs to no account as far as its key goes.
struct access_token {
    static constexpr record_shape shape{"access_token", 1, scope_parts::none};

    token_kind kind = token_kind::client;
    std::string account;
    std::string device;
    utc_time issued{};
    utc_time expires{};
    std::optional<utc_time> revoked;
};
void describe(record_walk& walk, access_token& value);

} // namespace rejoinder::persistence
