#include "persistence/encryption/vault.hpp"

#include "persistence/encryption/place.hpp"
#include "persistence/encryption/sealed_text.hpp"
#include "persistence/error.hpp"
#include "persistence/log.hpp"

#include <algorithm>
#include <array>

namespace rejoinder::persistence::encryption {
namespace {

template <class Owner>
struct column {
    std::string_view name;
    std::string Owner::* text;
};

constexpr std::array row_columns{column<session_row>{"state", &session_row::state},
                                 column<session_row>{"devices", &session_row::devices},
                                 column<session_row>{"metadata", &session_row::metadata}};

constexpr std::array entry_columns{
    column<log_entry>{"input", &log_entry::input}, column<log_entry>{"outcome", &log_entry::outcome},
    column<log_entry>{"events", &log_entry::events}, column<log_entry>{"messages", &log_entry::messages}};

bool says_nothing(std::string_view text) noexcept {
    return text.empty() || text == "[]";
}

} // namespace

record_id vault::stored_id(record_id id) const {
    return personal_(id.type) ? names_.of(std::move(id)) : std::move(id);
}

void vault::seal(record& one) const {
    auto key = personal_(one.id.type) ? one.id.key : std::string();
    one.id = stored_id(std::move(one.id));
    one.value = texts_.seal(place_of(one.id), key, one.value);
}

void vault::seal(record_write& write) const {
    auto key = personal_(write.id.type) ? write.id.key : std::string();
    write.id = stored_id(std::move(write.id));
    if (write.value) write.value = texts_.seal(place_of(write.id), key, *write.value);
}

void vault::seal(session_row& row) const {
    for (auto [name, member] : row_columns)
        if (auto& text = row.*member; !says_nothing(text))
            text = texts_.seal(place_of(row.id, name), "", text);
}

void vault::seal(log_entry& entry, const session_id& of) const {
    for (auto [name, member] : entry_columns)
        if (auto& text = entry.*member; !says_nothing(text))
            text = texts_.seal(place_of(entry.revision, name), of.text, text);
}

error_code vault::open(record& stored) const {
    auto found = open_text(place_of(stored.id), std::move(stored.value));
    bool is_personal = personal_(stored.id.type);
    // Where keys have pseudonyms, the key itself is in the text: one that is not sealed has none.
    if (found && is_personal && stored_id({stored.id.type, stored.id.scope, found->name}) != stored.id)
        found = errc::corrupt;
    if (!found) {
        if (found.error() == errc::corrupt)
            log::error("value_damaged", {{"type", stored.id.type},
                                         {"account", stored.id.scope.account},
                                         {"revision", stored.revision.value}});
        return found.error();
    }
    if (is_personal) stored.id.key = std::move(found->name);
    stored.value = std::move(found->text);
    return {};
}

error_code vault::open(session_row& stored) const {
    for (auto [name, member] : row_columns) {
        auto& text = stored.*member;
        if (says_nothing(text)) continue;
        auto found = open_text(place_of(stored.id, name), std::move(text));
        if (!found) {
            if (found.error() == errc::corrupt)
                log::error("session_damaged", {{"session", stored.id.text}, {"column", name}});
            return found.error();
        }
        text = std::move(found->text);
    }
    return {};
}

bool vault::opens(const record& stored) const {
    auto parts = read_sealed(stored.value);
    return parts && texts_.keys().find(parts->key) && texts_.open(place_of(stored.id), stored.value);
}

result<std::optional<session_id>> vault::open(log_entry& stored) const {
    std::optional<session_id> owner;
    for (auto [name, member] : entry_columns) {
        auto& text = stored.*member;
        if (says_nothing(text)) continue;
        bool is_sealed = read_sealed(text).has_value();
        auto found = open_text(place_of(stored.revision, name), std::move(text));
        if (found && is_sealed && owner && owner->text != found->name) found = errc::corrupt;
        if (!found) {
            if (found.error() == errc::corrupt)
                log::error("entry_damaged", {{"revision", stored.revision.value}, {"column", name}});
            return found.error();
        }
        if (is_sealed) owner = session_id{std::move(found->name)};
        text = std::move(found->text);
    }
    return owner;
}

bool vault::is_current(const record& stored) const noexcept {
    return texts_.is_current(stored.value);
}

bool vault::is_current(const session_row& stored) const noexcept {
    return std::ranges::all_of(row_columns, [&](const auto& column) {
        const auto& text = stored.*column.text;
        return says_nothing(text) || texts_.is_current(text);
    });
}

bool vault::is_current(const log_entry& stored) const noexcept {
    return std::ranges::all_of(entry_columns, [&](const auto& column) {
        const auto& text = stored.*column.text;
        return says_nothing(text) || texts_.is_current(text);
    });
}

/// What is not sealed is what it is, where that may be.
result<unsealed> vault::open_text(std::string_view place, std::string text) const {
    if (read_sealed(text)) return texts_.open(place, text);
    if (plain_ == plain_texts::refused) return errc::corrupt;
    return unsealed{"", std::move(text)};
}

} // namespace rejoinder::persistence::encryption
