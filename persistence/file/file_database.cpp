#include "persistence/file/file_database.hpp"

#include "persistence/backend/folders.hpp"
#include "persistence/backend/store_lock.hpp"
#include "persistence/file/compressing_disk.hpp"
#include "persistence/file/file_writer.hpp"
#include "persistence/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

namespace rejoinder::persistence {
namespace {

namespace fs = std::filesystem;

class file_database final : public database {
public:
    file_database(environment& env, backend::store_lock lock, std::unique_ptr<file::disk> folder,
                  const std::string& path, std::unique_ptr<file::store> opened, const queue_bounds& bounds,
                  const size_bounds& sizes)
        : environment_(env),
          lock_(std::move(lock)),
          folder_(std::move(folder)),
          incarnation_(opened->incarnation()),
          schema_{opened->found_version(), file::format_version},
          sizes_(sizes),
          writer_(env, *folder_, path, std::move(opened), bounds, sizes) {}

    database_type type() const noexcept override { return database_type::file; }
    persistence::durability durability() const noexcept override { return durability::group; }
    const std::string& incarnation() const noexcept override { return incarnation_; }
    schema_versions schema() const noexcept override { return schema_; }
    store_health health() const noexcept override { return writer_.health(); }

    task<commit_outcome> commit(change_set changes) override {
        return backend::submit_commit(environment_, std::move(changes), sizes_, writer_);
    }

    task<result<record>> read(record_id id) override {
        return ask<record>([id = std::move(id), now = environment_.utc_now()](const memory_tables& on) {
            return on.read(id, now); //
        });
    }

    task<result<std::vector<record>>> scan(scan_request request) override {
        return ask<std::vector<record>>([request = std::move(request), now = environment_.utc_now()](
                                            const memory_tables& on) { return on.scan(request, now); });
    }

    task<result<session_row>> read_session(session_id id) override {
        return ask<session_row>([id = std::move(id), now = environment_.utc_now()](const memory_tables& on) {
            return on.read_session(id, now);
        });
    }

    task<result<std::vector<log_entry>>> read_log(session_key session, std::uint64_t after,
                                                  std::size_t max_events, std::size_t max_bytes) override {
        return ask<std::vector<log_entry>>(
            [=](const memory_tables& on) { return on.read_log(session, after, max_events, max_bytes); });
    }

    task<result<std::vector<log_entry>>> read_history(session_key session, log_position after,
                                                      std::size_t limit) override {
        return ask<std::vector<log_entry>>(
            [=](const memory_tables& on) { return on.read_history(session, after, limit); });
    }

    task<result<log_entry>> find_turn(session_key session, turn_id turn) override {
        return ask<log_entry>([session, turn = std::move(turn)](const memory_tables& on) {
            return on.find_turn(session, turn);
        });
    }

    task<result<std::vector<log_entry>>> latest_turns(session_key session, std::size_t limit) override {
        return ask<std::vector<log_entry>>(
            [=](const memory_tables& on) { return on.latest_turns(session, limit); });
    }

    task<result<std::vector<record>>> walk_records(std::optional<record_id> after,
                                                   std::size_t limit) override {
        return ask<std::vector<record>>([after = std::move(after), limit](const memory_tables& on) {
            return on.walk_records(after, limit);
        });
    }

    task<result<std::vector<session_row>>> walk_sessions(session_id after, std::size_t limit) override {
        return ask<std::vector<session_row>>([after = std::move(after), limit](const memory_tables& on) {
            return on.walk_sessions(after, limit);
        });
    }

    task<error_code> transplant(transfer what) override {
        return backend::error_of(suspend<backend::verdict>(
            [this, what = std::move(what)](completion<backend::verdict> done) mutable {
                if (auto problem = rules::judge_size(what, sizes_))
                    done.post(problem);
                else
                    writer_.transplant(std::move(what), environment_.utc_now(), std::move(done));
            }));
    }

    task<result<purged>> purge(utc_time expired_before, std::size_t limit) override {
        return suspend<result<purged>>([this, expired_before, limit](completion<result<purged>> done) {
            writer_.purge(expired_before, limit, environment_.utc_now(), std::move(done));
        });
    }

    task<result<std::uint64_t>> size() override {
        return suspend<result<std::uint64_t>>(
            [this](completion<result<std::uint64_t>> done) { writer_.size(std::move(done)); });
    }

    task<error_code> compact() override {
        return backend::error_of(suspend<backend::verdict>([this](completion<backend::verdict> done) {
            writer_.compact(environment_.utc_now(), std::move(done));
        }));
    }

    task<error_code> back_up(std::string place) override {
        return backend::error_of(suspend<backend::verdict>(
            [this, place = std::move(place)](completion<backend::verdict> done) mutable {
                writer_.back_up(std::move(place), std::move(done));
            }));
    }

    task<result<change_page>> read_changes(std::string after, std::size_t limit) override {
        return ask<change_page>([this, after = std::move(after), limit](const memory_tables& on) {
            return backend::read_page(incarnation_, after,
                                      [&](auto behind) { return on.read_changes(behind, limit); });
        });
    }

    task<> close() override {
        co_await suspend<int>([this](completion<int> ended) { writer_.close(std::move(ended)); });
        lock_.release();
    }

private:
    template <class T, class Query>
    task<result<T>> ask(Query query) {
        return suspend<result<T>>([this, query = std::move(query)](completion<result<T>> done) mutable {
            writer_.submit(
                backend::make_pending_read<const memory_tables, T>(std::move(query), std::move(done)));
        });
    }

    environment& environment_;
    backend::store_lock lock_; // let go last
    std::unique_ptr<file::disk> folder_;
    std::string incarnation_;
    schema_versions schema_;
    size_bounds sizes_;
    file::file_writer writer_;
};

/// Why a folder cannot hold a store; empty when it can.
std::string make_place(const fs::path& folder) {
    std::error_code ignored;
    if (auto problem = backend::make_folders(folder); !problem.empty())
        return "needs a folder that cannot be made (" + problem + "); make it or name another place";
    if (!fs::is_directory(folder, ignored)) return "is no folder; name one";
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        return "is a folder that cannot be written (" + backend::last_error() + "); change its permissions";
    return {};
}

} // namespace

result<std::unique_ptr<database>> open_file_database(environment& env, const database_options& options,
                                                     std::string& why) {
    std::error_code ignored;
    auto path = fs::absolute(options.location, ignored);
    why = make_place(path);
    if (auto canonical = fs::weakly_canonical(path, ignored); !canonical.empty()) path = canonical;
    auto begin = "the database " + path.string() + " ";
    if (!why.empty()) {
        why = begin + why;
        return errc::unwritable;
    }
    auto lock = backend::store_lock::take((path / "store").string(), why);
    if (!lock) {
        why = begin + why;
        return lock.error();
    }
    try {
        auto folder = file::make_compressing_disk(file::make_system_disk(path.string()), options.compresses);
        std::vector<std::string> notes;
        auto opened = std::make_unique<file::store>(*folder, make_ulid(env), notes, options.sizes);
        file::store::tidy(*folder);
        for (const auto& note : notes)
            log::warning("store_mended", {{"what", note}, {"folder", path.string()}});
        return std::unique_ptr<database>(
            std::make_unique<file_database>(env, std::move(*lock), std::move(folder), path.string(),
                                            std::move(opened), options.queues, options.sizes));
    } catch (const file::failure& broken) {
        why = begin + "is left as it is: " + broken.what() +
              (broken.code() == errc::newer_schema ? "; start that version, or name another folder"
                                                   : "; restore a backup, or name another folder");
        return broken.code();
    } catch (const std::system_error& broken) {
        why = begin + "cannot be opened (" + broken.code().message() + ")";
        return errc::unwritable;
    }
}

} // namespace rejoinder::persistence
