#include "service/keyboard.hpp"

#include <cassert>
#include <unistd.h>
#include <utility>

namespace rejoinder::service {

// A chunk that is read when one more line may wait can hold a line in each of its bytes.
keyboard::keyboard(environment& env, int input)
    : input_(env.get_executor(), ::dup(input)), lines_(waiting_lines + chunk_size) {
    read();
}

task<std::optional<typed_line>> keyboard::line() {
    auto next = co_await lines_.receive();
    if (lines_.size() < waiting_lines && std::exchange(paused_, false)) read();
    co_return next;
}

void keyboard::close() {
    paused_ = false;
    error_code ignored;
    input_.close(ignored);
    lines_.close();
}

void keyboard::read() {
    input_.async_read_some(boost::asio::buffer(chunk_), [this](error_code error, std::size_t size) {
        if (error == boost::asio::error::operation_aborted) return;
        take(std::string_view(chunk_.data(), size));
        if (error) {
            if (!begun_.text.empty()) finish_line();
            lines_.close();
        } else if (lines_.size() < waiting_lines) {
            read();
        } else {
            paused_ = true;
        }
    });
}

void keyboard::take(std::string_view text) {
    for (char c : text) {
        if (c == '\n')
            finish_line();
        else if (begun_.text.size() < longest_line)
            begun_.text += c;
        else
            begun_.too_long = true;
    }
}

void keyboard::finish_line() {
    [[maybe_unused]] auto queued = lines_.push(std::exchange(begun_, {}));
    assert(queued != delivery::full);
}

} // namespace rejoinder::service
