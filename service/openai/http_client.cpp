#include "service/openai/http_client.hpp"

#include <boost/asio/post.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace rejoinder::service::openai {
namespace {

/// More than this of one answer that nobody has taken yet is not read from the network.
constexpr std::size_t most_waiting = 1 << 20;

/// What both threads know of one exchange. The listener is touched on the executor's thread only.
struct shared_exchange {
    http_client::listener who;
    std::atomic<bool> wanted = true;
    std::atomic<std::size_t> waiting = 0;
};

void initialise_once() {
    static const auto problem = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (problem != CURLE_OK) throw std::runtime_error("libcurl can't be used here");
}

http_end::how meaning_of(CURLcode code) {
    switch (code) {
    case CURLE_OK:
        return http_end::how::complete;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return http_end::how::unreachable;
    case CURLE_OPERATION_TIMEDOUT:
        return http_end::how::silent;
    default:
        return http_end::how::broken;
    }
}

} // namespace

/// The thread, and what it works on. libcurl is used on it alone, but for waking it up.
class http_client::worker {
public:
    explicit worker(executor ex) : executor_(std::move(ex)) {
        initialise_once();
        multi_ = curl_multi_init();
        if (!multi_) throw std::runtime_error("libcurl can't be used here");
        thread_ = std::thread([this] { run(); });
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() {
        stopping_ = true;
        wake();
        thread_.join();
        jobs_.clear();
        curl_multi_cleanup(multi_);
    }

    void add(http_request what, std::shared_ptr<shared_exchange> of) {
        {
            std::lock_guard lock(mutex_);
            added_.emplace_back(std::move(what), std::move(of));
        }
        wake();
    }

    void wake() noexcept { curl_multi_wakeup(multi_); }

private:
    struct job {
        worker* of = nullptr;
        CURL* easy = nullptr;
        curl_slist* headers = nullptr;
        http_request what;
        std::shared_ptr<shared_exchange> shared;

        job() = default;
        job(const job&) = delete;
        job& operator=(const job&) = delete;
        ~job() {
            if (easy) {
                curl_multi_remove_handle(of->multi_, easy);
                curl_easy_cleanup(easy);
            }
            curl_slist_free_all(headers);
        }
    };

    void run() noexcept {
        while (!stopping_) {
            begin_added();
            drop_unwanted();
            int running = 0;
            curl_multi_perform(multi_, &running);
            end_complete();
            constexpr int longest_poll = 1000; // milliseconds; whoever wants something wakes it
            curl_multi_poll(multi_, nullptr, 0, longest_poll, nullptr);
        }
    }

    void begin_added() {
        std::vector<std::pair<http_request, std::shared_ptr<shared_exchange>>> added;
        {
            std::lock_guard lock(mutex_);
            added.swap(added_);
        }
        for (auto& [what, shared] : added)
            begin(std::move(what), std::move(shared));
    }

    void begin(http_request what, std::shared_ptr<shared_exchange> shared) {
        auto one = std::make_unique<job>();
        one->of = this;
        one->what = std::move(what);
        one->shared = std::move(shared);
        one->easy = curl_easy_init();
        if (!one->easy) return tell_end(one->shared, {http_end::how::broken, 0, {}});
        for (const auto& header : one->what.headers)
            one->headers = curl_slist_append(one->headers, header.c_str());
        auto* easy = one->easy;
        const auto& request = one->what;
        curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, one->headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect.count()));
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline.count()));
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         static_cast<long>((request.silence.count() + 999) / 1000));
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &worker::write);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, one.get());
        curl_multi_add_handle(multi_, easy);
        jobs_.emplace(easy, std::move(one));
    }

    static std::size_t write(const char* bytes, std::size_t size, std::size_t count, void* into) noexcept {
        auto& one = *static_cast<job*>(into);
        auto length = size * count;
        if (!one.shared->wanted || one.shared->waiting + length > most_waiting) return 0; // ends the exchange
        long status = 0;
        curl_easy_getinfo(one.easy, CURLINFO_RESPONSE_CODE, &status);
        one.shared->waiting += length;
        try {
            boost::asio::post(one.of->executor_,
                              [shared = one.shared, status, data = std::string(bytes, length)] {
                                  shared->waiting -= data.size();
                                  if (shared->wanted) shared->who.on_data(static_cast<int>(status), data);
                              });
        } catch (const std::exception&) {
            return 0; // no memory for it
        }
        return length;
    }

    void drop_unwanted() {
        std::erase_if(jobs_, [](const auto& one) { return !one.second->shared->wanted; });
    }

    void end_complete() {
        int left = 0;
        while (auto* message = curl_multi_info_read(multi_, &left)) {
            auto found = jobs_.find(message->easy_handle);
            if (message->msg != CURLMSG_DONE || found == jobs_.end()) continue;
            http_end end{meaning_of(message->data.result), 0, {}};
            long status = 0;
            curl_off_t after = 0;
            curl_easy_getinfo(found->first, CURLINFO_RESPONSE_CODE, &status);
            curl_easy_getinfo(found->first, CURLINFO_RETRY_AFTER, &after);
            end.status = static_cast<int>(status);
            constexpr curl_off_t longest_wait = 3600; // seconds; what an endpoint says may be anything
            if (after > 0) end.retry_after = std::chrono::seconds(std::min(after, longest_wait));
            curl_off_t connected = 0;
            curl_easy_getinfo(found->first, CURLINFO_CONNECT_TIME_T, &connected);
            if (end.why == http_end::how::silent && connected == 0) end.why = http_end::how::unreachable;
            tell_end(found->second->shared, end);
            jobs_.erase(found);
        }
    }

    void tell_end(std::shared_ptr<shared_exchange> shared, http_end end) {
        boost::asio::post(executor_, [shared = std::move(shared), end] {
            if (shared->wanted) shared->who.on_end(end);
        });
    }

    executor executor_;
    CURLM* multi_ = nullptr;
    std::mutex mutex_;
    std::vector<std::pair<http_request, std::shared_ptr<shared_exchange>>> added_; // under the mutex
    std::map<CURL*, std::unique_ptr<job>> jobs_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

namespace {

template <class Worker>
class held_exchange final : public http_client::exchange {
public:
    held_exchange(std::weak_ptr<Worker> of, std::shared_ptr<shared_exchange> what)
        : of_(std::move(of)), what_(std::move(what)) {}
    ~held_exchange() override {
        what_->wanted = false;
        if (auto worker = of_.lock()) worker->wake();
    }

private:
    std::weak_ptr<Worker> of_;
    std::shared_ptr<shared_exchange> what_;
};

} // namespace

http_client::http_client(executor ex) : worker_(std::make_shared<worker>(std::move(ex))) {}

http_client::~http_client() = default;

std::unique_ptr<http_client::exchange> http_client::post(http_request what, listener who) {
    auto shared = std::make_shared<shared_exchange>();
    shared->who = std::move(who);
    worker_->add(std::move(what), shared);
    return std::make_unique<held_exchange<worker>>(worker_, std::move(shared));
}

} // namespace rejoinder::service::openai
