#include "persistence/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

namespace rejoinder::log {
namespace {

std::atomic<level> least_level = level::warning;

/// Beyond, the oldest line that waits is dropped, and counted.
constexpr std::size_t queued_lines = 8192;
std::atomic<std::size_t> told_lost = 0;

// Made on first use, so that a program which logs nothing starts no thread.
spdlog::logger& sink() {
    static const auto logger = [] {
        spdlog::init_thread_pool(queued_lines, 1);
        auto made = spdlog::create_async_nb<spdlog::sinks::ansicolor_stderr_sink_mt>("rejoinder");
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *logger;
}

/// Says how many lines were dropped since it was said last.
void tell_of_lost_lines(spdlog::details::thread_pool& pool) {
    auto lost = pool.overrun_counter();
    auto told = told_lost.exchange(lost, std::memory_order_relaxed);
    if (lost > told) sink().log(spdlog::level::info, "warning log_lines_dropped count={}", lost - told);
}

constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};

/// A value may be what a user said: the queue is bounded in lines, so lines are bounded in bytes.
constexpr std::size_t longest_value = 2048;

/// The length of the character of UTF-8 (RFC 3629) at the beginning of a text; 0 when there is none.
std::size_t character_length(std::string_view text) {
    auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto first = byte(0);
    if (first < 0x80) return 1;
    std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    bool surrogate = first == 0xed && byte(1) >= 0xa0;
    bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

/// C0, DEL and C1 (U+0080 to U+009F): a terminal obeys them, the last ones also when they come as UTF-8.
bool is_control(std::string_view character) {
    auto first = static_cast<unsigned char>(character[0]);
    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

/// Appends one character, or the byte that is none; what a reader must not meet becomes `?`.
void append_character(std::string& line, std::string_view character, bool valid) {
    if (!valid)
        line += '?';
    else if (character == "\n")
        line += "\\n";
    else if (is_control(character))
        line += '?';
    else if (character == "\"" || character == "\\")
        line.append("\\").append(character);
    else
        line += character;
}

void append_value(std::string& line, std::string value) {
    if (value.size() > longest_value) {
        auto end = longest_value;
        while (end > longest_value - 3 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80)
            --end; // no character is cut in two
        value.resize(end);
        value += "...";
    }
    bool plain = !value.empty();
    for (unsigned char c : value)
        plain = plain && c > 0x20 && c != '"' && c != '=' && c != '\\' && c < 0x7f;
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (std::string_view rest = value; !rest.empty();) {
        auto length = character_length(rest);
        append_character(line, rest.substr(0, std::max<std::size_t>(length, 1)), length > 0);
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    line += '"';
}

} // namespace

bool parse_level(std::string_view text, level& out) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == names[i]) {
            out = static_cast<level>(i);
            return true;
        }
    }
    if (text != "off") return false;
    out = level::off;
    return true;
}

void set_level(level least) noexcept {
    least_level.store(least, std::memory_order_relaxed);
}

bool enabled(level at) noexcept {
    return at >= least_level.load(std::memory_order_relaxed);
}

void shutdown() noexcept {
    try {
        if (auto pool = spdlog::thread_pool()) tell_of_lost_lines(*pool);
    } catch (const std::exception&) {
        // There is nowhere to say it.
    }
    set_level(level::off);
    spdlog::shutdown();
}

void write(level at, std::string_view event, std::initializer_list<field> fields) {
    if (!enabled(at) || at == level::off) return;
    std::string line(names[static_cast<std::size_t>(at)]);
    line += ' ';
    line += event;
    for (const auto& f : fields) {
        line += ' ';
        line += f.key;
        line += '=';
        append_value(line, f.value);
    }
    sink().log(spdlog::level::info, line);
    if (auto pool = spdlog::thread_pool(); pool && pool->queue_size() < queued_lines / 2)
        tell_of_lost_lines(*pool);
}

} // namespace rejoinder::log
