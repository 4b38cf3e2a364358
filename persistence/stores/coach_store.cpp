#include "persistence/stores/coach_store.hpp"

#include "persistence/stores/bounds.hpp"

#include <array>

namespace rejoinder::persistence {
namespace {

constexpr std::size_t most_items = 200;
constexpr text_bounds item{1, 500};
constexpr text_bounds flag_name{1, 64};

} // namespace

std::span<const std::string_view> names_of(coach_phase) noexcept {
    static constexpr std::array<std::string_view, 12> names{
        "introduction",         "get_to_know_you",        "identity_warm_up", "identity_brainstorming",
        "brainstorming_review", "identity_refinement",    "anything_missing", "identity_commitment",
        "i_am_statement",       "identity_visualization", "action_planning",  "accountability"};
    return names;
}

std::span<const std::string_view> names_of(coach_stage) noexcept {
    static constexpr std::array<std::string_view, 8> names{"welcome",       "get_to_know", "brainstorming",
                                                           "refinement",    "commitment",  "i_am",
                                                           "visualization", "onward"};
    return names;
}

void describe(record_walk& walk, coach_state& value) {
    walk.choice("phase", value.phase);
    walk.line("current_identity", value.current_identity, bounds::optional_id);
    walk.choice("focus", value.focus);
    walk.choices("skipped", value.skipped);
    walk.texts("who_you_are", value.who_you_are, most_items, item);
    walk.texts("who_you_want_to_be", value.who_you_want_to_be, most_items, item);
    walk.texts("asked_questions", value.asked_questions, most_items, item);
    walk.texts("flags", value.flags, most_items, flag_name);
}

void describe(record_walk& walk, coach_break& value) {
    walk.choice("stage", value.stage);
    walk.time("started", value.started);
    walk.time("ended", value.ended);
    walk.rule(!value.ended || *value.ended >= value.started, "ended", "must not be before the start");
}

void describe(record_walk& walk, open_break& value) {
    walk.line("id", value.id, bounds::id);
}

void describe(record_walk& walk, coach_head& value) {
    walk.line("session", value.session, bounds::id);
}

void describe(record_walk& walk, coach_action& value) {
    walk.line("type", value.type, bounds::name);
    walk.object("parameters", value.parameters, bounds::object);
    walk.flag("success", value.success);
    walk.text("summary", value.summary, bounds::text);
    walk.line("turn", value.turn, bounds::optional_id);
}

coach_store::coach_store(database& db, const user_ref& user)
    : states_(db, user.to_scope()),
      breaks_(db, user.to_scope()),
      open_(db, user.to_scope()),
      heads_(db, user.to_scope()),
      actions_(db, user.to_scope()) {}

task<result<stored<coach_state>>> coach_store::load_state(std::string session) const {
    return states_.load(std::move(session));
}

checked<record_write> coach_store::save_state(std::string session, coach_state state, revision read) const {
    return states_.write(std::move(session), std::move(state), read);
}

task<result<revision>> coach_store::load_head() const {
    auto reading = heads_.load(coach_head::key());
    auto found = co_await std::move(reading);
    if (found) co_return found->revision;
    if (found.error() == errc::not_found) co_return revision{};
    co_return found.error();
}

checked<record_write> coach_store::save_head(std::string session, revision read) const {
    return heads_.write({std::move(session)}, read);
}

task<result<stored<coach_break>>> coach_store::load_open_break() const {
    auto finding = open_.load(open_break::key());
    auto open = co_await std::move(finding);
    if (!open) co_return open.error();
    auto reading = breaks_.load(open->value.id);
    auto found = co_await std::move(reading);
    if (!found) co_return found.error() == errc::not_found ? error_code(errc::conflict) : found.error();
    if (found->value.ended) co_return errc::conflict;
    co_return found;
}

task<result<page<coach_break>>> coach_store::list_breaks(std::string after, std::size_t limit) const {
    return breaks_.list("", std::move(after), limit);
}

checked<record_writes> coach_store::start_break(std::string id, coach_stage behind, utc_time now) const {
    auto opened = open_.write({id}, revision{});
    if (!opened) return std::move(opened).error();
    auto started = breaks_.write(std::move(id), {behind, now, std::nullopt}, revision{});
    if (!started) return std::move(started).error();
    return record_writes{std::move(*opened), std::move(*started)};
}

checked<record_writes> coach_store::end_break(const stored<coach_break>& open, utc_time now) const {
    if (open.value.ended) return record_problem{"/ended", "is set already"};
    auto value = open.value;
    value.ended = now;
    auto ended = breaks_.write(open.key, value, open.revision);
    if (!ended) return std::move(ended).error();
    return record_writes{std::move(*ended), open_.erase(open_break::key(), std::nullopt)};
}

checked<record_write> coach_store::log_action(const std::string& session, const std::string& id,
                                              coach_action action) const {
    return actions_.write(in_session(session, id), std::move(action), revision{});
}

task<result<page<coach_action>>> coach_store::list_actions(const std::string& session, std::string after,
                                                           std::size_t limit) const {
    return actions_.list(in_session(session, ""), std::move(after), limit);
}

} // namespace rejoinder::persistence
