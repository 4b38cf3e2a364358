#pragma once

#include "persistence/stores/calendar_day.hpp"
#include "persistence/stores/typed_record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rejoinder::persistence {

/// What is known about a file that a device has left; the bytes are elsewhere, at `reference`. Keyed by its
/// path: relative, parted by single slashes, without `.` and `..`.
struct media_record {
    static constexpr record_shape shape{"media", 1, scope_parts::household};

    std::string path;
    std::string type; ///< media type: image/jpeg
    std::string reference;
    bool encrypted = false;
    bool deleted = false; ///< gone for users; removed when the store is compacted
    json meta = json::object();
    std::string sha256; ///< 64 lower-case hexadecimal digits, or none while it is not known
    std::uint64_t length = 0;
    std::string key() const { return path; }
};
void describe(record_walk& walk, media_record& value);

enum class backup_status { running, complete, failed };
std::span<const std::string_view> names_of(backup_status) noexcept;

/// A backup of the whole store, keyed by its id.
struct backup_record {
    static constexpr record_shape shape{"backup", 1, scope_parts::none};

    std::string name;
    std::string sha256; ///< there once it is complete
    int schema_version = 0;
    backup_status status = backup_status::running;
    std::uint64_t size = 0;
};
void describe(record_walk& walk, backup_record& value);

/// What devices may update themselves to, keyed by subsystem and version as the publisher names it.
struct update_manifest {
    static constexpr record_shape shape{"update_manifest", 1, scope_parts::none};

    std::string subsystem;
    std::string version;
    std::string reference;
    std::string sha256;
    std::uint64_t length = 0;
    std::string key() const { return subsystem + "/" + version; }
};
void describe(record_walk& walk, update_manifest& value);

/// A loop's key for encrypted media as it is handed to a device, wrapped for that device: never in the clear.
/// Keyed by the device.
struct loop_key {
    static constexpr record_shape shape{"loop_key", 1, scope_parts::household};

    std::string device;
    std::string wrapped;
    std::string key() const { return device; }
};
void describe(record_walk& walk, loop_key& value);

/// A device that has no loop key asks for one under its public key. Keyed by the device.
struct key_request {
    static constexpr record_shape shape{"key_request", 1, scope_parts::household};

    std::string device;
    std::string public_key;
    utc_time asked{};
    std::string key() const { return device; }
};
void describe(record_walk& walk, key_request& value);

/// A holiday that a loop keeps; without a year it comes every year. Keyed by its id.
struct holiday_record {
    static constexpr record_shape shape{"holiday", 1, scope_parts::household};

    std::string name;
    calendar_day date;
};
void describe(record_walk& walk, holiday_record& value);

} // namespace rejoinder::persistence
