#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace rejoinder::service::openai {

/// Reads a stream of server-sent events (WHATWG HTML, 9.2.6), of which only the data counts here: fields of
/// other names and comments are skipped. Bytes may come cut anywhere.
class event_stream {
public:
    static constexpr std::size_t max_line = 256 * 1024;

    /// `on_data` is called with the data of each event.
    explicit event_stream(std::function<void(std::string_view data)> on_data)
        : on_data_(std::move(on_data)) {}

    /// False, for good, when a line or an event is longer than `max_line`.
    [[nodiscard]] bool take(std::string_view bytes);

private:
    bool take_line(std::string_view line);

    std::function<void(std::string_view)> on_data_;
    std::string line_;
    std::string data_;
    bool has_data_ = false;
    bool after_return_ = false; // the line feed of a CRLF may come in the next piece
    bool refused_ = false;
};

} // namespace rejoinder::service::openai
