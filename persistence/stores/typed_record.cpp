#include "persistence/stores/typed_record.hpp"

#include "persistence/case_folding.hpp"
#include "persistence/log.hpp"

#include <algorithm>
#include <iterator>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t longest_key = 1024;
constexpr std::size_t longest_owner = 256;

bool may_have(scope_parts parts, scope_parts one) {
    return (static_cast<unsigned>(parts) & static_cast<unsigned>(one)) != 0;
}

/// No control characters: a key is read by people, in a shell and in a log.
bool is_plain(std::string_view text, std::size_t most) {
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return text.size() <= most && is_utf8(text) && std::ranges::none_of(text, is_control);
}

} // namespace

void append(change_set& changes, record_writes writes) {
    std::ranges::move(writes, std::back_inserter(changes.writes));
}

scope user_ref::to_scope() const {
    return {account.text, "", "", person};
}

std::string in_session(std::string_view session, std::string_view id) {
    return std::string(session) + "/" + std::string(id);
}

std::optional<record_problem> problem_of(const record_id& id, const record_shape& shape) {
    const auto& owner = id.scope;
    bool owned = may_have(shape.parts, scope_parts::account);
    if (owner.account.empty() == owned)
        return record_problem{"", owned ? "the record has no account" : "the record has an account"};
    bool foreign = (!owner.loop.empty() && !may_have(shape.parts, scope_parts::loop)) ||
                   (!owner.device.empty() && !may_have(shape.parts, scope_parts::device)) ||
                   (!owner.person.empty() && !may_have(shape.parts, scope_parts::person));
    if (foreign) return record_problem{"", "the record's scope has a part that its type has not"};
    for (const auto* part : {&owner.account, &owner.loop, &owner.device, &owner.person})
        if (!is_plain(*part, longest_owner)) return record_problem{"", "the record's scope is no plain text"};
    if (id.key.empty() || !is_plain(id.key, longest_key))
        return record_problem{"", "the record's key must be a plain text of 1 to 1024 bytes"};
    return std::nullopt;
}

record_write conditional(record_id id, std::optional<revision> read) {
    record_write write;
    write.id = std::move(id);
    if (!read) return write;
    write.mode = *read == revision{} ? write_mode::create_only : write_mode::if_revision;
    write.expected = *read;
    return write;
}

error_code parse_value(const record& found, const record_shape& shape, json& into) {
    if (found.schema_version > shape.schema_version) return errc::newer_schema;
    auto parsed = parse_json(found.value, stored_limits);
    if (!parsed) return errc::corrupt;
    into = std::move(parsed.value);
    return {};
}

error_code refuse(const record& found, const record_problem& problem) {
    log::error("bad_record", {{"type", found.id.type},
                              {"account", found.id.scope.account},
                              {"revision", found.revision.value},
                              {"at", problem.pointer},
                              {"problem", problem.message}});
    return errc::bad_record;
}

} // namespace rejoinder::persistence
