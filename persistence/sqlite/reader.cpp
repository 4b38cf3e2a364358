#include "persistence/sqlite/reader.hpp"

#include "persistence/backend/by_loop.hpp"
#include "persistence/log.hpp"
#include "persistence/sqlite/store_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace rejoinder::persistence::sqlite {
namespace {

// Answers that go to the session's thread together, and all that wait for it.
constexpr std::size_t most_bytes = 4 << 20;
constexpr std::size_t most_waiting_bytes = 64 << 20;

constexpr std::size_t most_threads = 16;

} // namespace

reader::open_store::open_store(const std::string& path, std::size_t most_read_bytes)
    : file(connect(path)), reads(*file, most_read_bytes) {}

/// While it lives no lane is busy, and none becomes so. Waiting for a mutex that the lanes hold in turn would
/// not do: under steady reads they might never let anybody else have it.
class reader::pause {
public:
    explicit pause(reader& of) : of_(of) {
        std::unique_lock lock(of_.mutex_);
        of_.paused_ = true;
        of_.idle_.wait(lock, [this] { return of_.busy_ == 0; });
    }
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;
    ~pause() {
        {
            std::lock_guard lock(of_.mutex_);
            of_.paused_ = false;
        }
        of_.something_.notify_all();
    }

private:
    reader& of_;
};

reader::reader(std::string path, const queue_bounds& bounds, std::size_t most_read_bytes)
    : path_(std::move(path)),
      capacity_(bounds.reads),
      most_read_bytes_(most_read_bytes),
      gate_(std::make_shared<backend::answer_gate>(most_waiting_bytes)),
      lanes_(std::clamp<std::size_t>(bounds.readers, 1, most_threads)) {}

reader::~reader() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    gate_->open();
    something_.notify_all();
    for (auto& each : lanes_)
        if (each.thread.joinable()) each.thread.join();
}

void reader::start() {
    for (auto& each : lanes_)
        each.store = std::make_unique<open_store>(path_, most_read_bytes_);
    running_ = lanes_.size();
    for (auto& each : lanes_)
        each.thread = std::thread([this, &each] { run(each); });
}

void reader::submit(std::unique_ptr<pending_read> read) {
    if (auto refusal = enqueue(read)) {
        read->refuse(*refusal);
        read->post();
    } else {
        something_.notify_one();
    }
}

/// Takes the read unless there is a reason to refuse it.
std::optional<errc> reader::enqueue(std::unique_ptr<pending_read>& read) {
    std::lock_guard lock(mutex_);
    if (closing_) return errc::closed;
    if (queue_.size() >= capacity_) return errc::unavailable;
    queue_.push_back(std::move(read));
    return std::nullopt;
}

bool reader::reopen_around(const std::function<void()>& work) {
    pause all(*this);
    for (auto& each : lanes_)
        each.store.reset();
    try {
        work();
    } catch (const failure&) {
        return false; // who does the work says why
    }
    return open_all();
}

/// All or none: a store that is lost does not answer now and then.
bool reader::open_all() {
    for (auto& each : lanes_) {
        try {
            if (!each.has_ended) each.store = std::make_unique<open_store>(path_, most_read_bytes_);
        } catch (const failure& broken) {
            told(each, broken);
            for (auto& opened : lanes_)
                opened.store.reset();
            return false;
        }
    }
    return true;
}

void reader::close(completion<int> ended) {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
        ended_ = std::move(ended);
    }
    something_.notify_all();
}

void reader::run(lane& on) noexcept {
    for (auto reads = take(); !reads.empty(); reads = take()) {
        answer(on, std::move(reads));
        put_down();
    }
    end(on);
}

/// A share of what is queued, so that the other threads have something to do too; empty at the end. The lane
/// is busy from here on.
reader::batch reader::take() {
    std::unique_lock lock(mutex_);
    something_.wait(lock, [this] { return !paused_ && (closing_ || !queue_.empty()); });
    ++busy_;
    auto share = (queue_.size() + lanes_.size() - 1) / lanes_.size();
    batch taken;
    taken.reserve(share);
    for (; share > 0; --share) {
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return taken;
}

/// The lane is not busy any more.
void reader::put_down() {
    std::lock_guard lock(mutex_);
    if (--busy_ == 0) idle_.notify_one();
}

void reader::end(lane& on) {
    on.store.reset();
    on.has_ended = true;
    put_down();
    std::lock_guard lock(mutex_);
    if (--running_ == 0 && ended_) std::exchange(ended_, {}).post(0);
}

void reader::answer(lane& on, batch reads) {
    bool readable = begin_transaction(on);
    batch answered;
    std::size_t bytes = 0;
    for (auto& read : reads) {
        if (readable) answer_one(on, *read); // otherwise it says `unavailable` by itself
        bytes += read->bytes();
        answered.push_back(std::move(read));
        if (bytes < most_bytes) continue;
        deliver(std::exchange(answered, {}));
        bytes = 0;
    }
    if (!answered.empty()) deliver(std::move(answered));
    if (readable) end_transaction(on);
}

void reader::answer_one(lane& on, pending_read& read) {
    try {
        read.run(on.store->reads);
        on.told_failure = 0;
    } catch (const failure& broken) {
        read.refuse(told(on, broken));
    } catch (const std::exception& defect) {
        log::error("read_failed", {{"what", defect.what()}});
        read.refuse(errc::unavailable);
    }
}

bool reader::begin_transaction(lane& on) noexcept {
    try {
        if (on.store) on.store->reads.begin();
        return on.store != nullptr;
    } catch (const failure& broken) {
        told(on, broken);
        return false;
    }
}

void reader::end_transaction(lane& on) noexcept {
    try {
        on.store->reads.end();
    } catch (const failure& broken) {
        told(on, broken);
        sqlite3_exec(on.store->file->native(), "rollback", nullptr, nullptr, nullptr);
    }
}

/// Logs a failure that comes again and again only once.
errc reader::told(lane& on, const failure& broken) {
    if (std::exchange(on.told_failure, broken.code()) != broken.code()) report(broken, "read", path_);
    return broken.meaning();
}

void reader::deliver(batch reads) {
    auto loop_of = [](const auto& read) { return read->loop(); };
    backend::by_loop(std::move(reads), loop_of, [this](const executor& loop, batch of_loop) {
        std::size_t bytes = 0;
        for (const auto& read : of_loop)
            bytes += read->bytes();
        gate_->enter(bytes);
        boost::asio::post(loop, [of_loop = std::move(of_loop), bytes, gate = gate_] {
            for (const auto& read : of_loop)
                read->resume();
            gate->leave(bytes);
        });
    });
}

} // namespace rejoinder::persistence::sqlite
