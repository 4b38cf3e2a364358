#include "persistence/stores/media_records.hpp"

#include "persistence/stores/bounds.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace rejoinder::persistence {
namespace {

constexpr text_bounds path{1, 512};
constexpr text_bounds reference{1, 1024};
constexpr text_bounds wrapped_key{1, 8192};
constexpr std::int64_t most_bytes = std::numeric_limits<std::int64_t>::max();

/// Nothing that leads out of a folder, wherever the path is used.
bool stays_inside(std::string_view text) {
    if (text.find('\\') != text.npos || text.find(':') != text.npos) return false;
    while (true) {
        auto slash = std::min(text.find('/'), text.size());
        auto step = text.substr(0, slash);
        if (step.empty() || step == "." || step == "..") return false;
        if (slash == text.size()) return true;
        text.remove_prefix(slash + 1);
    }
}

bool is_sha256(std::string_view text) {
    auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 64 && std::ranges::all_of(text, is_digit);
}

void checksum(record_walk& walk, std::string& value) {
    walk.line("sha256", value, {0, 64});
    walk.rule(value.empty() || is_sha256(value), "sha256", "must be 64 lower-case hexadecimal digits");
}

} // namespace

void describe(record_walk& walk, media_record& value) {
    walk.line("path", value.path, path);
    walk.rule(stays_inside(value.path), "path", "must be a relative path without steps upwards");
    walk.line("type", value.type, bounds::name);
    walk.line("reference", value.reference, reference);
    walk.flag("encrypted", value.encrypted);
    walk.flag("deleted", value.deleted);
    walk.object("meta", value.meta, bounds::object);
    checksum(walk, value.sha256);
    walk.number("length", value.length, 0, most_bytes);
}

std::span<const std::string_view> names_of(backup_status) noexcept {
    static constexpr std::array<std::string_view, 3> names{"running", "complete", "failed"};
    return names;
}

void describe(record_walk& walk, backup_record& value) {
    walk.line("name", value.name, bounds::name);
    checksum(walk, value.sha256);
    walk.number("schema_version", value.schema_version, 1, 1'000'000);
    walk.choice("status", value.status);
    walk.number("size", value.size, 0, most_bytes);
    walk.rule(value.status != backup_status::complete || !value.sha256.empty(), "sha256",
              "must be there when the backup is complete");
}

void describe(record_walk& walk, update_manifest& value) {
    walk.line("subsystem", value.subsystem, bounds::id);
    walk.line("version", value.version, bounds::id);
    walk.rule(value.subsystem.find('/') == std::string::npos, "subsystem", "must be without a slash");
    walk.line("reference", value.reference, reference);
    checksum(walk, value.sha256);
    walk.rule(!value.sha256.empty(), "sha256", "is missing");
    walk.number("length", value.length, 0, most_bytes);
}

void describe(record_walk& walk, loop_key& value) {
    walk.line("device", value.device, bounds::id);
    walk.line("wrapped", value.wrapped, wrapped_key);
}

void describe(record_walk& walk, key_request& value) {
    walk.line("device", value.device, bounds::id);
    walk.text("public_key", value.public_key, wrapped_key);
    walk.time("asked", value.asked);
}

void describe(record_walk& walk, holiday_record& value) {
    walk.line("name", value.name, bounds::name);
    walk.part("date", value.date);
}

} // namespace rejoinder::persistence
