#include "persistence/file/file_writer.hpp"

#include "persistence/backend/unfinished_copy.hpp"
#include "persistence/log.hpp"

#include <system_error>
#include <utility>

namespace rejoinder::persistence::file {
namespace {

/// What an error says about the store: whether it can do its work again when somebody has made room.
store_health consequence_of(const std::exception& broken) {
    const auto* system = dynamic_cast<const std::system_error*>(&broken);
    if (!system) return store_health::lost;
    for (auto full : {std::errc::no_space_on_device, std::errc::file_too_large})
        if (system->code() == full) return store_health::full;
    for (auto denied :
         {std::errc::read_only_file_system, std::errc::permission_denied, std::errc::operation_not_permitted})
        if (system->code() == denied) return store_health::read_only;
    return system->code() == std::errc::not_enough_memory ? store_health::busy : store_health::lost;
}

} // namespace

file_writer::file_writer(environment& env, disk& folder, std::string path, std::unique_ptr<store> opened,
                         const queue_bounds& bounds, const size_bounds& sizes)
    : executor_(env.get_executor()),
      folder_(folder),
      path_(std::move(path)),
      incarnation_(opened->incarnation()),
      sizes_(sizes),
      capacity_(bounds.reads),
      queue_(bounds),
      retry_(env, [this] { queue_.wake(); }),
      store_(std::move(opened)),
      thread_([this] { run(); }) {}

file_writer::~file_writer() {
    queue_.close();
    thread_.join();
}

void file_writer::submit(backend::commit_queue::pending commit) {
    if (auto refusal = queue_.push(commit)) commit->done.post(commit_outcome::refused(*refusal));
}

void file_writer::submit(std::unique_ptr<pending_read> read) {
    if (auto refusal = enqueue(read)) {
        read->refuse(*refusal);
        read->post();
    } else {
        queue_.wake();
    }
}

void file_writer::submit(std::unique_ptr<backend::chore> chore) {
    if (auto refusal = queue_.push(chore)) chore->refuse(*refusal);
}

void file_writer::transplant(transfer what, utc_time now, completion<backend::verdict> done) {
    auto work = [this, what = std::move(what), now]() mutable {
        error_code verdict;
        auto problem = change([&](store& on) { verdict = on.transplant(std::move(what), now); });
        return backend::to_verdict(problem ? problem : verdict);
    };
    submit(backend::make_chore<backend::verdict>(std::move(work), std::move(done)));
}

void file_writer::purge(utc_time expired_before, std::size_t limit, utc_time now,
                        completion<result<purged>> done) {
    auto work = [this, expired_before, limit, now]() -> result<purged> {
        purged gone;
        if (auto problem = change([&](store& on) { gone = on.purge(expired_before, limit, now); }))
            return problem;
        return gone;
    };
    submit(backend::make_chore<result<purged>>(work, std::move(done)));
}

class file_writer::follow_up_chore final : public backend::chore {
public:
    follow_up_chore(file_writer& of, follow_up next) : writer_(of), next_(std::move(next)) {}
    void run() noexcept override { writer_.waiting_.push_back(std::move(next_)); }
    void refuse(errc why) override { next_.done.post(why); }

private:
    file_writer& writer_;
    follow_up next_;
};

void file_writer::compact(utc_time now, completion<backend::verdict> done) {
    auto before = [now](store& on) { on.forget_removals(now); };
    auto work = [](disk& folder, std::uint64_t complete) {
        store::remove_all_before(folder, complete);
        return error_code();
    };
    submit(std::make_unique<follow_up_chore>(*this, follow_up{before, work, std::move(done)}));
}

void file_writer::back_up(std::string place, completion<backend::verdict> done) {
    auto work = [place = std::move(place)](disk& folder, std::uint64_t complete) -> error_code {
        try {
            backend::unfinished_copy made(place, backend::unfinished_copy::kind::folder);
            store::copy(folder, complete, *make_system_disk(made.path()));
            made.finish();
            return {};
        } catch (const std::system_error& broken) {
            log::warning("back_up_failed", {{"what", broken.what()}, {"to", place}});
            return errc::unwritable;
        }
    };
    submit(std::make_unique<follow_up_chore>(*this, follow_up{{}, std::move(work), std::move(done)}));
}

void file_writer::size(completion<result<std::uint64_t>> done) {
    auto work = [this]() -> result<std::uint64_t> { return store::size(folder_); };
    submit(backend::make_chore<result<std::uint64_t>>(work, std::move(done)));
}

std::optional<errc> file_writer::enqueue(std::unique_ptr<pending_read>& read) {
    std::lock_guard lock(reads_mutex_);
    if (closing_) return errc::closed;
    if (reads_.size() >= capacity_) return errc::unavailable;
    reads_.push_back(std::move(read));
    return std::nullopt;
}

void file_writer::close(completion<int> ended) {
    retry_.stop();
    ended_ = std::move(ended);
    {
        std::lock_guard lock(reads_mutex_);
        closing_ = true;
    }
    queue_.close();
}

void file_writer::run() noexcept {
    for (;;) {
        auto work = queue_.take();
        bool is_over = work.is_end();
        if (health() != store_health::usable) try_store();
        if (!work.commits.empty()) write(std::move(work.commits));
        if (work.chore) work.chore->run();
        reads asked;
        {
            std::lock_guard lock(reads_mutex_);
            asked = std::exchange(reads_, {});
        }
        if (!asked.empty()) answer(std::move(asked));
        begin_what_waits();
        if (is_over) break;
        renew();
    }
    while (!waiting_.empty()) {
        if (snapshots_.joinable()) snapshots_.join();
        begin_what_waits();
    }
    if (snapshots_.joinable()) snapshots_.join();
    store_.reset();
    if (ended_) std::exchange(ended_, {}).post(0);
}

void file_writer::write(batch commits) {
    auto problem = change([&](store& on) {
        for (auto& one : commits)
            one->outcome = on.commit(std::move(one->changes), one->now);
    });
    if (problem) backend::refuse(commits, problem);
    backend::deliver(std::move(commits));
}

/// Lets the work change the store and flushes what it did: all of it, or it is an error.
template <class Work>
error_code file_writer::change(const Work& work) {
    if (!store_) return errc::unavailable;
    try {
        work(*store_);
        store_->flush();
        settle(store_health::usable);
        return {};
    } catch (const std::exception& broken) {
        give_up(broken);
        return doubt_ ? errc::unknown_outcome : errc::unavailable;
    }
}

/// Drops the tables, which may be ahead of the disk, and tries to have them back from there.
void file_writer::give_up(const std::exception& broken) {
    tell("commit", broken);
    settle(consequence_of(broken));
    doubt_ = doubt{store_->generation(), store_->flushed()};
    store_.reset();
    reopen();
}

bool file_writer::reopen() {
    try {
        if (doubt_) store::cut(folder_, doubt_->generation, doubt_->flushed);
        std::vector<std::string> notes;
        auto opened = std::make_unique<store>(folder_, incarnation_, notes, sizes_);
        if (opened->incarnation() != incarnation_)
            throw failure(errc::corrupt, "another store has taken this one's place");
        for (const auto& note : notes)
            log::warning("store_mended", {{"what", note}, {"folder", path_}});
        store_ = std::move(opened);
        doubt_.reset();
        return true;
    } catch (const std::exception& problem) {
        tell("reopen", problem);
        settle(store_health::lost);
        return false;
    }
}

void file_writer::try_store() {
    if (!store_ && !reopen()) return;
    try {
        store_->try_writing();
        settle(store_health::usable);
    } catch (const std::exception& broken) {
        tell("write", broken);
        settle(consequence_of(broken));
    }
}

void file_writer::answer(reads asked) {
    for (auto& read : asked) {
        if (!store_) continue; // it says `unavailable` by itself
        try {
            read->run(store_->tables());
        } catch (const std::exception& defect) {
            log::error("read_failed", {{"what", defect.what()}});
            read->refuse(errc::unavailable);
        }
    }
    boost::asio::post(executor_, [asked = std::move(asked)] {
        for (const auto& read : asked)
            read->resume();
    });
}

/// Begins a new generation when the journal has become long, unless the last one's snapshot is still made.
void file_writer::renew() {
    if (!store_ || !snapshot_is_made_) return;
    try {
        if (store_->is_due()) begin_generation({});
    } catch (const std::exception& broken) {
        tell("renew", broken); // a folder that cannot be read; commits need only the journal
    }
}

void file_writer::begin_what_waits() {
    if (waiting_.empty() || !snapshot_is_made_) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    error_code problem = store_ ? error_code() : errc::unavailable;
    if (next.before) problem = change(next.before);
    if (problem)
        next.done.post(problem);
    else
        begin_generation(std::move(next));
}

void file_writer::begin_generation(follow_up next) {
    if (snapshots_.joinable()) snapshots_.join();
    auto held = std::make_shared<follow_up>(std::move(next)); // here too: the thread may not start
    try {
        auto complete = store_->begin_generation();
        snapshot_is_made_ = false;
        snapshots_ = std::thread([this, complete, held] { finish_generation(complete, std::move(*held)); });
        return;
    } catch (const std::system_error& broken) {
        tell("begin_generation", broken); // the one that there is goes on
    } catch (const std::exception& broken) {
        give_up(broken);
    }
    snapshot_is_made_ = true;
    if (held->done) held->done.post(errc::unavailable);
}

/// On a thread of its own. What fails is left to the next time: the journals hold everything.
void file_writer::finish_generation(std::uint64_t complete, follow_up next) noexcept {
    backend::verdict ended;
    try {
        store::finish_generation(folder_, complete);
        if (next.work) ended = backend::to_verdict(next.work(folder_, complete));
    } catch (const std::exception& broken) {
        log::warning("snapshot_failed", {{"what", broken.what()}, {"folder", path_}});
        ended = errc::unavailable;
    }
    snapshot_is_made_ = true;
    queue_.wake(); // for what waits
    if (next.done) next.done.post(ended);
}

void file_writer::settle(store_health now) {
    auto before = health_.exchange(now, std::memory_order_relaxed);
    if (now == store_health::usable) told_.clear();
    if (now != before)
        log::warning(now == store_health::usable ? "store_recovered" : "store_unusable",
                     {{"why", to_string(now)}, {"folder", path_}});
    if (now == before && now == store_health::usable) return;
    boost::asio::post(executor_, [this] {
        if (health() == store_health::usable)
            retry_.worked();
        else
            retry_.failed();
    });
}

/// Logs a failure that comes again and again only once.
void file_writer::tell(const std::string& doing, const std::exception& broken) {
    if (std::exchange(told_, broken.what()) == broken.what()) return;
    log::warning("file_failed", {{"doing", doing}, {"what", broken.what()}, {"folder", path_}});
}

} // namespace rejoinder::persistence::file
