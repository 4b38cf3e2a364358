#pragma once

#include "persistence/environment.hpp"
#include "persistence/mailbox.hpp"
#include "persistence/result.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rejoinder::service {

/// What came in before the end of a line.
struct typed_line {
    std::string text;
    bool too_long = false; ///< there was more; `text` is its beginning
};

/// Lines that somebody types or pipes in, as messages: the terminal is one more thing that may speak at any
/// time. Reading pauses while lines wait to be taken, so whoever writes into a pipe faster than its lines are
/// answered has to wait, and no line is lost. One coroutine takes the lines; close it before it is destroyed.
class keyboard {
    using descriptor = boost::asio::posix::basic_stream_descriptor<executor>;

public:
    static constexpr std::size_t longest_line = 16 * 1024; ///< bytes
    static constexpr std::size_t waiting_lines = 1024;     ///< while there are so many, nothing is read

    /// Reads a duplicate of this descriptor, which stays the caller's.
    keyboard(environment& env, int input);

    /// The next line; nothing at the end of the input.
    task<std::optional<typed_line>> line();

    /// Reads no more; lines that wait can still be taken.
    void close();

private:
    static constexpr std::size_t chunk_size = 4096;

    void read();
    void take(std::string_view text);
    void finish_line();

    descriptor input_;
    std::array<char, chunk_size> chunk_{};
    typed_line begun_;
    mailbox<typed_line> lines_;
    bool paused_ = false;
};

} // namespace rejoinder::service
