#include "persistence/stores/context_store.hpp"

#include "persistence/stores/bounds.hpp"

#include <array>
#include <charconv>

namespace rejoinder::persistence {
namespace {

constexpr std::int64_t most_messages = 1'000'000'000'000;

/// As many digits as keep the order of numbers.
std::string message_key(std::string_view session, std::uint64_t number) {
    auto digits = std::to_string(number);
    return in_session(session, std::string(20 - digits.size(), '0') + digits);
}

} // namespace

void describe(record_walk& walk, conversation_context& value) {
    walk.object("user_data", value.user_data, bounds::object);
    walk.text("summary", value.summary, bounds::long_text);
    walk.number("message_count", value.message_count, 0, most_messages);
    walk.line("focus", value.focus, bounds::optional_name);
}

std::span<const std::string_view> names_of(message_role) noexcept {
    static constexpr std::array<std::string_view, 4> names{"user", "coach", "device", "system"};
    return names;
}

void describe(record_walk& walk, conversation_message& value) {
    walk.choice("role", value.role);
    walk.text("content", value.content, bounds::needed_long_text);
    walk.line("component", value.component, bounds::optional_name);
    walk.line("phase", value.phase, bounds::optional_name);
    walk.line("turn", value.turn, bounds::optional_id);
}

context_store::context_store(database& db, const user_ref& user)
    : contexts_(db, user.to_scope()), messages_(db, user.to_scope()) {}

task<result<stored<conversation_context>>> context_store::load(std::string session) const {
    return contexts_.load(std::move(session));
}

checked<record_write> context_store::save(std::string session, conversation_context context,
                                          revision read) const {
    return contexts_.write(std::move(session), std::move(context), read);
}

checked<record_writes> context_store::add(const stored<conversation_context>& before,
                                          conversation_message message) const {
    auto context = before.value;
    ++context.message_count;
    auto key = message_key(before.key, context.message_count);
    auto counted = contexts_.write(before.key, std::move(context), before.revision);
    if (!counted) return std::move(counted).error();
    auto added = messages_.write(std::move(key), std::move(message), revision{});
    if (!added) return std::move(added).error();
    return record_writes{std::move(*counted), std::move(*added)};
}

task<result<page<conversation_message>>>
context_store::messages(const std::string& session, std::uint64_t after, std::size_t limit) const {
    auto from = after == 0 ? std::string() : message_key(session, after);
    return messages_.list(in_session(session, ""), std::move(from), limit);
}

std::uint64_t context_store::number_of(std::string_view key) noexcept {
    auto digits = key.substr(key.rfind('/') + 1);
    std::uint64_t number = 0;
    auto [last, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return problem == std::errc() && last == digits.data() + digits.size() ? number : 0;
}

} // namespace rejoinder::persistence
