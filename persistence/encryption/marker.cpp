#include "persistence/encryption/marker.hpp"

#include "persistence/encryption/cipher.hpp"
#include "persistence/hash.hpp"
#include "persistence/json.hpp"

#include <array>

namespace rejoinder::persistence::encryption {
namespace {

constexpr int format = 1;
constexpr std::size_t check_size = 8;
constexpr std::string_view type = "encryption";
constexpr std::string_view marker_key = "check";
constexpr std::array<std::string_view, 3> names{"admitting", "mixed", "sealed"};

std::optional<progress> to_progress(const json& name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (name == names[i]) return static_cast<progress>(i);
    return std::nullopt;
}

} // namespace

record_id marker_id() {
    return {std::string(type), {}, std::string(marker_key)};
}

bool is_marker(const record_id& id) noexcept {
    return id.type == type && id.key == marker_key && id.scope == scope();
}

std::string to_value(const marker& from) {
    json value{{"format", format},
               {"progress", names[static_cast<std::size_t>(from.progress)]},
               {"keys", from.keys},
               {"index_key", from.index_key}};
    return to_text(value);
}

std::optional<marker> to_marker(const std::string& value) {
    auto parsed = parse_json(value, stored_limits);
    if (!parsed || !parsed.value.is_object()) return std::nullopt;
    const auto& from = parsed.value;
    if (from.value("format", json()) != format) return std::nullopt;
    auto progress = to_progress(from.value("progress", json()));
    auto keys = from.value("keys", json());
    auto index_key = from.value("index_key", json());
    if (!progress || !keys.is_object() || !index_key.is_string()) return std::nullopt;
    marker made{*progress, {}, index_key.get<std::string>()};
    for (const auto& [id, check] : keys.items()) {
        if (!check.is_string()) return std::nullopt;
        made.keys.emplace(id, check.get<std::string>());
    }
    return made;
}

std::string check_of(const named_key& key) {
    auto derived = derive_key(key.bytes, "", "rejoinder check");
    return to_hex(derived.bytes().substr(0, check_size));
}

std::string objection_to(const keyring& keys, const marker& stored) {
    for (const auto& [id, check] : stored.keys) {
        const auto* given = keys.find(id);
        if (!given)
            return "holds values that were encrypted with the key '" + id +
                   "', which is not among those that were given; add it to them";
        if (!equal_in_constant_time(check_of(*given), check))
            return "was encrypted with another key '" + id +
                   "' than the one that was given under this id; give the right one";
    }
    return {};
}

task<result<standing_marker>> load_marker(database* from) {
    auto reading = from->read(marker_id());
    auto found = co_await std::move(reading);
    standing_marker standing;
    if (!found && found.error() == errc::not_found) co_return standing;
    if (!found) co_return found.error();
    standing.stored = to_marker(found->value);
    standing.revision = found->revision;
    if (!standing.stored) co_return errc::corrupt;
    co_return standing;
}

task<error_code> save_marker(database* into, marker changed, revision read, utc_time now) {
    record_write write;
    write.id = marker_id();
    write.value = to_value(changed);
    write.mode = read == revision{} ? write_mode::create_only : write_mode::if_revision;
    write.expected = read;
    change_set changes;
    changes.now = now;
    changes.writes.push_back(std::move(write));
    auto committing = into->commit(std::move(changes));
    auto outcome = co_await std::move(committing);
    co_return outcome.error;
}

} // namespace rejoinder::persistence::encryption
