#include "persistence/postgresql/connection.hpp"

#include "persistence/mailbox.hpp"
#include "persistence/postgresql/addresses.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <fcntl.h>
#include <libpq-fe.h>

#include <atomic>
#include <optional>
#include <utility>

namespace rejoinder::persistence::postgresql {

/// The event loop's own descriptor of libpq's socket: libpq may close its one at any time. What waits for it
/// shares it, so that a late answer of the loop finds it.
struct connection::socket {
    using descriptor_type = boost::asio::posix::basic_stream_descriptor<executor>;

    socket(executor ex, int original)
        : original(original), descriptor(ex, ::fcntl(original, F_DUPFD_CLOEXEC, 0)) {}

    static void watch(const std::shared_ptr<socket>& on, descriptor_type::wait_type what,
                      bool socket::* flag) {
        if (std::exchange((*on).*flag, true)) return;
        on->descriptor.async_wait(what, [on, flag](const error_code&) {
            (*on).*flag = false;
            on->changed.notify();
        });
    }

    int original;
    descriptor_type descriptor;
    signal changed;
    bool reading = false;
    bool writing = false;
};

/// Bounds one call: how long the server may be silent in it.
class connection::deadline {
public:
    deadline(connection& of, milliseconds patience) : of_(of), patience_(patience), timer_(of.environment_) {
        of_.expired_ = of_.interrupted_;
        of_.deadline_ = this;
        renew();
    }
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;
    /// A connection that nobody uses waits for nothing, so that it does not keep the loop running.
    ~deadline() {
        error_code ignored;
        if (of_.socket_) of_.socket_->descriptor.cancel(ignored);
        of_.deadline_ = nullptr;
    }

    void renew() {
        timer_.arm_after(patience_, [this] {
            of_.expired_ = true;
            if (of_.socket_) of_.socket_->changed.notify();
        });
    }

private:
    connection& of_;
    milliseconds patience_;
    timer timer_;
};

statement::statement(std::string text)
    : sql(std::move(text)), name([] {
          static std::atomic<int> made = 0;
          return "s" + std::to_string(++made);
      }()) {}

connection::~connection() {
    error_code ignored;
    if (socket_) socket_->descriptor.close(ignored);
    PQfinish(native_);
}

task<> connection::connect(settings with) {
    settings_ = co_await with_addresses(&environment_, std::move(with), limits_.connect);
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : settings_.all()) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    native_ = PQconnectStartParams(keywords.data(), values.data(), 0);
    if (!native_) throw failure("53200", "no memory for a connection");
    // Notices are no failures; by itself libpq writes them to standard error.
    PQsetNoticeProcessor(native_, [](void*, const char*) {}, nullptr);
    // The details of an error quote values, which are people's.
    PQsetErrorVerbosity(native_, PQERRORS_TERSE);
    {
        deadline bound(*this, limits_.connect);
        for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK; next = PQconnectPoll(native_)) {
            if (next == PGRES_POLLING_FAILED || PQstatus(native_) == CONNECTION_BAD) throw lost();
            follow_socket();
            co_await wait(next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING);
        }
    }
    follow_socket();
    PQsetnonblocking(native_, 1);
    auto timeout = std::to_string(limits_.statement.count());
    // A server that does not flush its log loses commits that it reported. A transaction whose owner is gone
    // would keep what it has locked.
    co_await execute("set statement_timeout = " + timeout +
                     "; set idle_in_transaction_session_timeout = " + timeout +
                     "; select set_config('synchronous_commit', 'on', false) "
                     "where current_setting('synchronous_commit') = 'off'");
}

task<std::vector<rows>> connection::run(std::vector<query> queries) {
    deadline bound(*this, limits_.silence());
    expected_.clear();
    if (PQenterPipelineMode(native_) == 0) throw lost();
    for (const auto& one : queries)
        send(one);
    if (PQpipelineSync(native_) == 0) throw lost();

    std::vector<rows> answers;
    answers.reserve(queries.size());
    std::optional<failure> problem;
    for (bool synchronised = false; !synchronised;) {
        co_await receive();
        auto* result = PQgetResult(native_);
        if (!result) { // the end of one statement's answer
            if (PQstatus(native_) == CONNECTION_BAD) throw lost();
            continue;
        }
        rows answer(result);
        switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
            synchronised = true;
            break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            if (!expected_.front()) answers.push_back(std::move(answer));
            expected_.pop_front();
            break;
        case PGRES_PIPELINE_ABORTED:
            break;
        default:
            auto refusal = refused(answer);
            if (refusal.is_loss()) throw refusal;
            if (!problem) problem = std::move(refusal);
        }
    }
    if (PQexitPipelineMode(native_) == 0) throw lost();
    for (const auto* skipped : expected_)
        prepared_.erase(skipped);
    if (problem) throw *problem;
    co_return answers;
}

task<> connection::execute(std::string sql) {
    deadline bound(*this, limits_.silence());
    if (PQsendQuery(native_, sql.c_str()) == 0) throw lost();
    std::optional<failure> problem;
    for (;;) {
        co_await receive();
        auto* result = PQgetResult(native_);
        if (!result) break;
        rows answer(result);
        if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK &&
            !problem)
            problem = refused(answer);
    }
    if (problem) throw *problem;
}

void connection::interrupt() {
    interrupted_ = true;
    expired_ = true;
    if (socket_) socket_->changed.notify();
}

/// Until `PQgetResult` has something to say. Reading goes on while writing does: a server whose answers
/// nobody takes reads no more questions.
task<> connection::receive() {
    for (;;) {
        int unsent = PQflush(native_);
        if (unsent < 0) throw lost();
        if (PQisBusy(native_) == 0) co_return;
        co_await wait(true, unsent > 0);
        if (PQconsumeInput(native_) == 0) throw lost();
        deadline_->renew();
    }
}

/// Until the socket is ready. Throws when the deadline has come.
task<> connection::wait(bool reading, bool writing) {
    auto on = socket_;
    if (reading) socket::watch(on, socket::descriptor_type::wait_read, &socket::reading);
    if (writing) socket::watch(on, socket::descriptor_type::wait_write, &socket::writing);
    if (!expired_) co_await on->changed.wait();
    if (expired_) throw failure(failure::connection_lost, "the server did not answer in time");
}

/// While it connects libpq goes from one socket to the next.
void connection::follow_socket() {
    int original = PQsocket(native_);
    if (original < 0) throw lost();
    error_code ignored;
    if (socket_) socket_->descriptor.close(ignored);
    socket_ = std::make_shared<socket>(environment_.get_executor(), original);
}

void connection::send(const query& one) {
    const auto& what = *one.what;
    if (prepared_.insert(&what).second) {
        expected_.push_back(&what);
        if (PQsendPrepare(native_, what.name.c_str(), what.sql.c_str(), 0, nullptr) == 0) throw lost();
    }
    auto with = one.with.native();
    expected_.push_back(nullptr);
    if (PQsendQueryPrepared(native_, what.name.c_str(), static_cast<int>(with.values.size()),
                            with.values.data(), with.lengths.data(), with.formats.data(), 1) == 0)
        throw lost();
}

failure connection::lost() const {
    return {failure::connection_lost, settings_.redact(PQerrorMessage(native_))};
}

failure connection::refused(const rows& answer) const {
    auto problem = answer.problem();
    bool is_dead = PQstatus(native_) == CONNECTION_BAD || problem.sqlstate().empty();
    return {is_dead ? failure::connection_lost : problem.sqlstate(), settings_.redact(problem.what())};
}

} // namespace rejoinder::persistence::postgresql
