#pragma once

#include "websocket/token_bucket.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rejoinder::websocket {

/// Limits how often each of many keys (a device, an address) may try something. Remembers a bounded number of
/// keys; when there are more, the one that was silent for longest is forgotten and starts afresh should it
/// come back. The caller says what time it is. Keys are copied, so the caller bounds their length. Any
/// thread: one limit counts for all loops, and is asked when somebody comes, not for each message.
class rate_limit {
public:
    /// `per_minute` sustained after `burst` at once; `keys` is the number of keys remembered, at least one.
    rate_limit(double per_minute, double burst, std::size_t keys);

    /// Counts an attempt of the key. Zero: go on. Otherwise it is refused, and this is the time until one
    /// would not be; a refused attempt costs nothing.
    [[nodiscard]] milliseconds attempt(std::string_view key, steady_time now);

    /// Takes back one counted attempt of the key, which turned out to be none that should count.
    void forgive(std::string_view key);

    std::size_t size() const noexcept;

private:
    struct entry {
        std::string key;
        token_bucket bucket;
    };
    entry& touch(std::string_view key, steady_time now);

    mutable std::mutex mutex_;
    double per_second_;
    double burst_;
    std::size_t keys_;
    std::list<entry> entries_; ///< the most recently active first
    std::unordered_map<std::string_view, std::list<entry>::iterator> by_key_; ///< views into the entries
};

} // namespace rejoinder::websocket
