#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

/// Structured log lines on standard error: `time level event key=value ...` (logfmt). Values are escaped, so
/// that no input can forge a line or command a terminal, and a line is valid UTF-8. Writing happens on a
/// thread of its own behind a queue of 8192 lines; when that is full the oldest line is dropped, the caller
/// never waits. No secret is ever a field.
namespace rejoinder::log {

enum class level { debug, info, warning, error, off };

/// Parses `debug`, `info`, `warning`, `error` or `off`; false when the text is none of them.
bool parse_level(std::string_view text, level& out) noexcept;

/// Sets the least level that is written. Before the first call nothing below `warning` is.
void set_level(level least) noexcept;
bool enabled(level at) noexcept;

/// Writes out what is queued and stops the thread; called once at the end of `main`.
void shutdown() noexcept;

struct field {
    template <class T>
        requires std::is_integral_v<T>
    field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
    field(std::string_view k, std::string_view v) : key(k), value(v) {}
    field(std::string_view k, const char* v) : key(k), value(v) {}
    field(std::string_view k, const std::string& v) : key(k), value(v) {}
    std::string_view key;
    std::string value;
};

void write(level at, std::string_view event, std::initializer_list<field> fields);

inline void debug(std::string_view event, std::initializer_list<field> fields = {}) {
    if (enabled(level::debug)) write(level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::error, event, fields);
}

} // namespace rejoinder::log
