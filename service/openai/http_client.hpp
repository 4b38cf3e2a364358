#pragma once

#include "persistence/environment.hpp"
#include "persistence/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rejoinder::service::openai {

/// A POST whose answer is read as it comes.
struct http_request {
    std::string url; ///< http or https
    std::vector<std::string> headers;
    std::string body;
    milliseconds connect{5000};  ///< until which there must be a connection
    milliseconds silence{20000}; ///< for so long nothing may come
    milliseconds deadline{60000};
};

/// How an exchange ended.
struct http_end {
    enum class how {
        complete,    ///< the whole answer was read; `status` says what it is
        unreachable, ///< nobody answers there
        silent,      ///< nothing came for too long
        broken       ///< the connection broke
    } why = how::complete;
    int status = 0;
    std::optional<milliseconds> retry_after;
};

/// HTTP by libcurl, all exchanges on one thread of its own. Listeners are called on the executor's thread.
/// Ends after its exchanges. Redirects are not followed: a key goes nowhere but where it was sent.
class http_client {
public:
    struct listener {
        std::function<void(int status, std::string_view bytes)> on_data;
        std::function<void(http_end)> on_end;
    };

    /// Its end is the end of the exchange: nothing is called any more.
    class exchange {
    public:
        exchange() = default;
        exchange(const exchange&) = delete;
        exchange& operator=(const exchange&) = delete;
        virtual ~exchange() = default;
    };

    explicit http_client(executor ex);
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;
    ~http_client();

    std::unique_ptr<exchange> post(http_request what, listener who);

private:
    class worker;
    std::shared_ptr<worker> worker_;
};

} // namespace rejoinder::service::openai
