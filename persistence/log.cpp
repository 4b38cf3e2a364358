#include "persistence/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>

namespace rejoinder::log {
namespace {

std::atomic<level> least_level = level::warning;

// Made on first use, so that a program which logs nothing starts no thread.
spdlog::logger& sink() {
    static const auto logger = [] {
        spdlog::init_thread_pool(8192, 1);
        auto made = spdlog::create_async_nb<spdlog::sinks::ansicolor_stderr_sink_mt>("rejoinder");
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *logger;
}

constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};

/// A value may be what a user said: the queue is bounded in lines, so lines are bounded in bytes.
constexpr std::size_t longest_value = 2048;

void append_value(std::string& line, std::string value) {
    if (value.size() > longest_value) {
        value.resize(longest_value);
        value += "...";
    }
    bool plain = !value.empty();
    for (unsigned char c : value)
        plain = plain && c > 0x20 && c != '"' && c != '=' && c != '\\' && c != 0x7f;
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (char c : value) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            line += '?';
        } else {
            line += c;
        }
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
}

} // namespace rejoinder::log
