#include "persistence/lifecycle/retention.hpp"

#include "persistence/lifecycle/subject.hpp"
#include "persistence/rules.hpp"
#include "persistence/stores/media_records.hpp"
#include "persistence/stores/reflection_store.hpp"

#include <utility>

namespace rejoinder::persistence::lifecycle {
namespace {

constexpr std::size_t purged_at_once = 100;

bool is_deleted_media(const record& one) {
    if (one.id.type != media_record::shape.type) return false;
    json value;
    if (parse_value(one, media_record::shape, value)) return false;
    const auto* deleted = find_pointer(value, "/deleted");
    return deleted && deleted->is_boolean() && deleted->get<bool>();
}

} // namespace

retention_pass::retention_pass(environment& env, database& of, retention_rules rules, run_mode how)
    : of_(of),
      rules_(rules),
      mode_(how),
      now_(env.utc_now()),
      pages_(of),
      reflections_(env, of, how),
      media_(env, of, how) {}

task<result<retention_state>> retention_pass::step() {
    auto reading = pages_.next();
    auto page = co_await std::move(reading);
    if (!page) co_return page.error();
    for (auto& one : *page) {
        auto judging = judge(std::move(one));
        if (auto error = co_await std::move(judging)) co_return error;
    }
    auto flushing = reflections_.flush();
    if (auto error = co_await std::move(flushing)) co_return error;
    auto flushing_media = media_.flush();
    if (auto error = co_await std::move(flushing_media)) co_return error;
    removed_.reflections = reflections_.records();
    removed_.media = media_.records();
    co_return page->empty() ? retention_state::over : retention_state::under_way;
}

task<error_code> retention_pass::judge(record one) {
    if (!rules::alive(one.expires, now_)) { // what has expired is the purge's
        if (mode_ == run_mode::dry) ++removed_.expired_records;
        return nothing();
    }
    if (one.id.type == reflection::shape.type) return judge_reflection(std::move(one));
    if (is_deleted_media(one)) return media_.remove(one);
    return nothing();
}

task<error_code> retention_pass::nothing() {
    co_return error_code();
}

/// Reflections of one session follow each other, the oldest first: beyond the number that is kept the first
/// of those that were met goes.
task<error_code> retention_pass::judge_reflection(record one) {
    record_id group = one.id;
    group.key = session_in_key(one.id);
    if (group != group_) {
        kept_.clear();
        group_ = std::move(group);
    }
    if (one.created + rules_.reflection_age <= now_) {
        auto removing = reflections_.remove(one);
        co_return co_await std::move(removing);
    }
    one.value.clear();
    kept_.push_back(std::move(one));
    if (kept_.size() <= rules_.reflections_per_session) co_return error_code();
    auto oldest = std::move(kept_.front());
    kept_.pop_front();
    auto removing = reflections_.remove(oldest);
    co_return co_await std::move(removing);
}

task<error_code> retention_pass::count_expired_sessions(utc_time before) {
    cursor<session_pages> sessions{session_pages(of_)};
    for (;; sessions.step()) {
        if (auto error = co_await sessions.fill()) co_return error;
        const auto* row = sessions.current();
        if (!row) co_return error_code();
        if (!rules::alive(row->expires, before)) ++removed_.expired_sessions;
    }
}

task<result<retention_state>> retention_pass::purge(utc_time expired_before) {
    if (mode_ == run_mode::dry) {
        auto counting = count_expired_sessions(expired_before);
        if (auto error = co_await std::move(counting)) co_return error;
        co_return retention_state::over;
    }
    auto purging = of_.purge(expired_before, purged_at_once);
    auto gone = co_await std::move(purging);
    if (!gone) co_return gone.error();
    removed_.expired_records += gone->records;
    removed_.expired_sessions += gone->sessions;
    bool left = gone->records >= purged_at_once || gone->sessions >= purged_at_once;
    co_return left ? retention_state::under_way : retention_state::over;
}

task<result<retention_counts>> apply_retention(environment* env, database* of, retention_rules rules,
                                               run_mode how) {
    retention_pass pass(*env, *of, rules, how);
    for (auto state = retention_state::under_way; state != retention_state::over;) {
        auto stepping = pass.step();
        auto done = co_await std::move(stepping);
        if (!done) co_return done.error();
        state = *done;
    }
    auto now = env->utc_now();
    for (auto state = retention_state::under_way; state != retention_state::over;) {
        auto purging = pass.purge(now);
        auto done = co_await std::move(purging);
        if (!done) co_return done.error();
        state = *done;
    }
    co_return pass.removed();
}

} // namespace rejoinder::persistence::lifecycle
