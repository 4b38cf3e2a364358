#include "persistence/sqlite/change_recorder.hpp"

#include "persistence/change_feed.hpp"

#include <array>
#include <string>
#include <tuple>

namespace rejoinder::persistence::sqlite {
namespace {

constexpr std::int64_t kept = kept_changes;
constexpr std::int64_t forgotten_at_once = 1000;

constexpr std::string_view session_row = "(?, ?, ?, ?, 0)";

std::string insert_sessions(std::size_t rows) {
    std::string sql = "insert into change (position, at, session, revision, removed) values ";
    for (std::size_t i = 0; i < rows; ++i)
        sql.append(i == 0 ? "" : ", ").append(session_row);
    return sql;
}

constexpr int is_put = 0;
constexpr int is_removed = 1;

} // namespace

change_recorder::change_recorder(connection& on)
    : session_(on, insert_sessions(1)),
      sessions_(on, insert_sessions(rows_at_once)),
      removed_session_(on, "insert into change (position, at, session, revision, removed, key) "
                           "values (?1, ?2, ?3, ?4, 1, ?5)"),
      record_(on, "insert into change (position, at, revision, removed, account, type, loop, device, person, "
                  "key) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
      forget_(on, "delete from change where position <= ?1"),
      begin_(on, "update feed set begins = ?1"),
      latest_removal_(on, "select position from change where removed = 1 order by position desc limit 1") {
    statement standing(on, "select begins, max(begins, coalesce((select max(position) from change), 0) + 1) "
                           "from feed");
    auto rows = standing.run();
    if (rows.next()) rows.read(begins_, next_);
}

void change_recorder::put(const record_id& id, revision now, utc_time at) {
    const auto& owner = id.scope;
    record_.execute(next(), at, now.value, is_put, owner.account, id.type, owner.loop, owner.device,
                    owner.person, id.key);
}

void change_recorder::put(session_key session, revision now, utc_time at) {
    noted_.push_back({next(), at, session, now});
    if (noted_.size() == rows_at_once) write_rows();
}

void change_recorder::write_noted() {
    for (const auto& one : noted_)
        session_.execute(one.position, one.at, one.session.value, one.now.value);
    noted_.clear();
}

void change_recorder::write_rows() {
    std::array<std::int64_t, 4 * rows_at_once> values{};
    auto* value = values.data();
    for (const auto& one : noted_)
        for (auto part :
             {one.position, to_unix(one.at), one.session.value, static_cast<std::int64_t>(one.now.value)})
            *value++ = part;
    std::apply([this](const auto&... each) { sessions_.execute(each...); }, values);
    noted_.clear();
}

void change_recorder::forget_noted() noexcept {
    noted_.clear();
}

void change_recorder::removed(const record_id& id, revision last, utc_time at) {
    const auto& owner = id.scope;
    record_.execute(next(), at, last.value, is_removed, owner.account, id.type, owner.loop, owner.device,
                    owner.person, id.key);
}

void change_recorder::removed(session_key session, const session_id& id, revision last, utc_time at) {
    removed_session_.execute(next(), at, session.value, last.value, id.text);
}

void change_recorder::forget_removals() {
    std::int64_t latest = 0;
    {
        auto rows = latest_removal_.run();
        if (!rows.next()) return;
        rows.read(latest);
    }
    forget_up_to(latest);
}

std::int64_t change_recorder::next() {
    if (next_ - begins_ >= kept + forgotten_at_once) forget_up_to(next_ - 1 - kept);
    return next_++;
}

void change_recorder::forget_up_to(std::int64_t position) {
    forget_.execute(position);
    begins_ = position + 1;
    begin_.execute(begins_);
}

} // namespace rejoinder::persistence::sqlite
